import { DeviceError } from '@nodeacq/core'

/** A recording cannot be made, or cannot go on: the folder or file, and why. */
export class RecorderError extends DeviceError {
  override readonly name = 'RecorderError'
  override readonly code = 'RECORDER'
  readonly path: string

  constructor(path: string, problem: string, cause?: unknown) {
    super(`${path}: ${problem}`, { cause })
    this.path = path
  }

  /** With the reason that the system gives: `ENOSPC: no space left on device`. */
  static from(path: string, verb: string, cause: unknown): RecorderError {
    if (cause instanceof RecorderError) return cause
    return new RecorderError(path, `cannot ${verb}: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
  }
}
