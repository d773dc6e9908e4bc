import { ConfigError } from '@nodeacq/core'
import { nearestNames } from '@nodeacq/stream'

/** Something that goes wrong on demand. */
export interface Fault {
  readonly kind: string
  /** What it takes; empty where it takes nothing. */
  readonly value: string
  /** s after the simulator's first client has come. */
  readonly at: number
}

/**
 * Reads `kind[=value][@seconds]`, such as `drop@5` or `delay=200`.
 * @param known faults of the simulator, by name. @throws {ConfigError}
 */
export function parseFault(text: string, known: Readonly<Record<string, string>>): Fault {
  const [, kind = '', value = '', at = '0'] = /^([a-zA-Z]+)(?:=([^@]*))?(?:@(\d+(?:\.\d+)?))?$/.exec(text) ?? []
  if (kind === '') {
    throw new ConfigError(`fault '${text}'`, ['expected <kind>[=<value>][@<seconds>], such as drop@5'])
  }
  if (!Object.hasOwn(known, kind)) {
    const [near] = nearestNames(kind, Object.keys(known))
    const hint = near === undefined ? `expected one of ${Object.keys(known).join(', ')}` : `did you mean '${near}'?`
    throw new ConfigError(`fault '${text}'`, [`unknown fault '${kind}'; ${hint}`])
  }
  return { kind, value, at: Number(at) }
}

/** The number that a fault takes. @throws {ConfigError} */
export function numberOf({ kind, value }: Fault, whenMissing: number): number {
  const number = value === '' ? whenMissing : Number(value)
  if (!Number.isFinite(number) || number < 0) {
    throw new ConfigError(`fault '${kind}'`, [`expected a number from 0, got '${value}'`])
  }
  return number
}
