import { totalmem } from 'node:os'
import type { RetentionLimits } from '../delivery/RetentionLog.ts'
import { SpecError } from '../errors.ts'
import { describe } from '../fields.ts'

/** What an output keeps when it is told nothing; the smaller of the two. */
export const DEFAULT_RETENTION = { seconds: 5, bytes: 256 * 1024 * 1024 } as const

/**
 * Reads the option `retention` of an output.
 * @throws {SpecError} for what is no retention, or one that is larger than the memory that this process may have.
 */
export function readRetention(value: unknown, subject: string): Partial<Pick<RetentionLimits, 'seconds' | 'bytes'>> {
  const refuse = (key: string, expected: string, got: unknown): never => {
    throw new SpecError({ subject, key, expected, got: describe(got) })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse('retention', 'a map with seconds and bytes', value)
  }
  const { seconds, bytes, ...rest } = value as Record<string, unknown>
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) return refuse('retention', 'seconds, bytes or both', unknown)
  const limits: { seconds?: number; bytes?: number } = {}
  if (seconds !== undefined) {
    if (typeof seconds !== 'number' || !(seconds > 0)) return refuse('retention.seconds', 'a time above 0', seconds)
    limits.seconds = seconds
  }
  if (bytes !== undefined) {
    const memory = availableMemory()
    if (typeof bytes !== 'number' || !(bytes > 0)) return refuse('retention.bytes', 'a size above 0', bytes)
    if (bytes > memory) {
      return refuse('retention.bytes', `at most ${memory} bytes, the memory that this process may have`, bytes)
    }
    limits.bytes = bytes
  }
  return limits
}

/** The machine's memory, or what the system allows this process, bytes. */
function availableMemory(): number {
  const allowed = process.constrainedMemory()
  return allowed > 0 ? Math.min(totalmem(), allowed) : totalmem()
}
