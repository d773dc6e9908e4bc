import type { Fault } from './faults.ts'

/** A program that takes the place of a device or of its server, and speaks the same bytes. */
export interface RunningSimulator extends AsyncDisposable {
  /** Where clients reach it. */
  readonly address: string
  /** What a user has to know to connect, one line each. */
  readonly hints: readonly string[]
  /** Makes a fault happen now. */
  inject(fault: Fault): void
  /** Safe to call twice. */
  close(): Promise<void>
}

export interface SimulatorOptions {
  /** Default 127.0.0.1. */
  host?: string
  /** 0: any free one. */
  port?: number
  /** Allow a host beyond loopback. */
  insecure?: boolean
  /** Faults that happen by themselves. */
  faults?: readonly Fault[]
}

export interface SimulatorType {
  /** One sentence for lists. */
  readonly description: string
  readonly defaultPort: number
  /** Name and meaning of each fault. */
  readonly faults: Readonly<Record<string, string>>
  readonly start: (options: SimulatorOptions) => Promise<RunningSimulator>
}
