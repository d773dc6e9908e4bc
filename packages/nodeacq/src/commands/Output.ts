import type { LogLevel } from '@nodeacq/rpc'

/** Where a command writes. */
export interface Output {
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
}

/** Exit codes of every command; `gone`: a repaired recording lacks something that had been written. */
export const EXIT = { ok: 0, notOk: 1, usage: 2, gone: 3 } as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

export const LOG_LEVELS = ['debug', 'info', 'warning', 'error'] as const satisfies readonly LogLevel[]
