import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { DeviceError } from '@nodeacq/core'

/** A recording cannot be made, or cannot go on: the folder or file, and why. */
export class RecorderError extends DeviceError {
  override readonly name = 'RecorderError'
  override readonly code = 'RECORDER'
  readonly path: string
  /** Bytes that were free, where the disk is full. */
  readonly freeBytes: number | undefined

  constructor(
    path: string,
    problem: string,
    { cause, freeBytes }: { cause?: unknown; freeBytes?: number | undefined } = {}
  ) {
    super(`${path}: ${problem}`, { cause })
    this.path = path
    this.freeBytes = freeBytes
  }

  /** With the reason that the system gives: `ENOSPC: no space left on device`, and how much space that is. */
  static from(path: string, verb: string, cause: unknown): RecorderError {
    if (cause instanceof RecorderError) return cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    const isFull = cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT')
    const freeBytes = isFull ? freeBytesOf(dirname(path)) : undefined
    const room = freeBytes === undefined ? '' : ` (${freeBytes} bytes are free)`
    return new RecorderError(path, `cannot ${verb}: ${reason}${room}`, { cause, freeBytes })
  }
}

/** Undefined where nobody can say. */
function freeBytesOf(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return undefined
  }
}
