import { RecorderError } from '../../files/output/RecorderError.ts'
import type { ExportStream } from '../Exporter.ts'
import { field8, type EdfKind } from './scaling.ts'

export interface RecordLayout {
  /** s of a record, as its eight characters say. */
  readonly duration: number
  /** Samples of each stream in a record. */
  readonly perRecord: readonly number[]
  /** What the format cannot say of the rates, one sentence each. */
  readonly inexact: readonly string[]
}

/** s of a record, the first that suits. */
const DURATIONS = [
  1, 0.5, 0.25, 0.2, 0.125, 0.1, 0.05, 0.04, 0.025, 0.02, 0.01, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 50, 100
]
/** Bytes of a record that every reader takes. */
const MAX_RECORD = { EDF: 10 * 1024 * 1024, BDF: 15 * 1024 * 1024 }
/** A rate that would be said as another one by more is not written. */
const MAX_RATE_ERROR = 1e-3

/**
 * Finds a length of records in which every stream has a whole number of samples; where there is none, the one that says the rates
 * best. @throws RecorderError when none comes near
 */
export function recordLayout(path: string, streams: readonly ExportStream[], kind: EdfKind): RecordLayout {
  const candidates = [...DURATIONS, ...durationsOf(streams[0]!.sampleRate)]
  let best: { duration: number; error: number } | undefined
  for (const duration of candidates) {
    if (!(bytesOf(streams, duration, kind) <= MAX_RECORD[kind])) continue
    const error = errorOf(streams, duration)
    if (best === undefined || error < best.error) best = { duration, error }
    // What division of such numbers leaves.
    if (error < 1e-13) break
  }
  if (best === undefined || best.error > MAX_RATE_ERROR) {
    const rates = streams.map(({ name, sampleRate }) => `${name} ${sampleRate} Hz`).join(', ')
    throw new RecorderError(path, `no length of a record suits the rates: ${rates}`)
  }
  const { duration } = best
  const perRecord = streams.map(({ sampleRate }) => Math.round(sampleRate * duration))
  const inexact = streams.flatMap(({ name, sampleRate }, k) => {
    const said = perRecord[k]! / duration
    return Math.abs(said / sampleRate - 1) < 1e-9 ? [] : [`rate of '${name}': ${sampleRate} Hz is said as ${said} Hz`]
  })
  return { duration, perRecord, inexact }
}

/** Lengths that hold a whole number of samples, as near as eight characters can say. */
function* durationsOf(rate: number): Generator<number> {
  const most = Math.min(20_000, Math.max(1, Math.ceil(rate * 10)))
  for (let count = 1; count <= most; count++) {
    const field = field8(count / rate)
    if (field !== undefined && Number(field) > 0) yield Number(field)
  }
}

/** The greatest relative error of a rate. */
function errorOf(streams: readonly ExportStream[], duration: number): number {
  return Math.max(
    ...streams.map(({ sampleRate }) => {
      const count = Math.round(sampleRate * duration)
      return count < 1 ? Infinity : Math.abs(count / duration / sampleRate - 1)
    })
  )
}

function bytesOf(streams: readonly ExportStream[], duration: number, kind: EdfKind): number {
  const samples = streams.reduce((sum, { sampleRate, channelCount }) => sum + sampleRate * duration * channelCount, 0)
  return samples * (kind === 'EDF' ? 2 : 3)
}
