import type { Mw75LogLevel, Mw75Sample } from '../../devices/mw75/messages.ts'

/** Where an `Mw75Server` has its headset from: a simulated one, one at a serial port, or another server's. */
export interface Mw75Source {
  /** For messages and hints, such as `/dev/rfcomm0`. */
  readonly name: string
  /**
   * Reaches the headset and lets it stream.
   * @throws {Mw75LinkError} with the code of the phase that failed.
   */
  open(events: Mw75LinkEvents, signal: AbortSignal): Promise<Mw75Link>
}

export interface Mw75LinkEvents {
  readonly onSample: (sample: Mw75Sample) => void
  readonly log: Mw75Log
}

/** A headset that streams. */
export interface Mw75Link {
  /** Percent; null while it is not known. */
  readonly batteryLevel: number | null
  /** Resolves when the link has ended by itself, with what went wrong where something did. */
  readonly ended: Promise<Error | undefined>
  /** Lets the headset stop. Safe to call twice. */
  close(): Promise<void>
}

/** A line for the log of the server, which clients get too. */
export type Mw75Log = (level: Mw75LogLevel, text: string) => void

const LINK_ERRORS = {
  BLE_ACTIVATION_FAILED: 'MW75 device not found or BLE activation failed',
  RFCOMM_CONNECTION_FAILED: 'RFCOMM connection failed'
} as const

export function isLinkError(code: string): code is keyof typeof LINK_ERRORS {
  return Object.hasOwn(LINK_ERRORS, code)
}

/** A headset that cannot be reached; `code` says in which phase, as clients are told it. */
export class Mw75LinkError extends Error {
  override readonly name = 'Mw75LinkError'
  readonly code: keyof typeof LINK_ERRORS
  /** For the log of the server. */
  readonly detail: string

  constructor(code: keyof typeof LINK_ERRORS, detail: string, cause?: unknown) {
    super(LINK_ERRORS[code], { cause })
    this.code = code
    this.detail = detail
  }
}
