import type { OpenFile } from '../OpenFile.ts'
import type { RecordedGap } from '../SampleFile.ts'
import type { EdfHeader } from './header.ts'
import { RecordBlocks } from './RecordBlocks.ts'
import { parseTals, type Tal } from './tal.ts'

/** One text with its time, seconds after the start time in the header. */
export interface Annotation {
  readonly onset: number
  readonly duration: number | undefined
  readonly text: string
}

/** Records above this size are not read whole for the few bytes of their annotations. */
const SMALL_RECORD = 64 * 1024

/** All annotations of a file, time keepers left out. */
export async function readAnnotations(file: OpenFile, header: EdfHeader): Promise<Annotation[]> {
  const annotations: Annotation[] = []
  let malformed = 0
  for await (const lists of annotationLists(file, header)) {
    for (const { tals, malformed: bad } of lists) {
      malformed += bad
      for (const { onset, duration, texts } of tals) {
        for (const text of texts) if (text !== '') annotations.push({ onset, duration, text })
      }
    }
  }
  if (malformed > 0) header.warnings.push(`${malformed} malformed annotations are left out`)
  return annotations
}

/**
 * Reads the times of the records. `firstOnset`: seconds from the start time in the header to sample 0. `gapsAtRate`: the
 * gaps of a stream by its samples per record; always empty unless the file is discontinuous.
 */
export async function readGaps(
  file: OpenFile,
  header: EdfHeader
): Promise<{ firstOnset: number; gapsAtRate: (samplesPerRecord: number) => RecordedGap[] }> {
  const none = { firstOnset: 0, gapsAtRate: () => [] }
  if (header.recordCount === 0 || !header.signals.some((signal) => signal.isAnnotations)) return none
  const first = timeKeeper(await annotationsOf(file, header, 0))
  if (first === undefined) {
    header.warnings.push('record 0 has no time keeper; the recording is taken to start at the time in the header')
  }
  const firstOnset = first ?? 0
  if (header.continuity !== 'discontinuous') return { firstOnset, gapsAtRate: () => [] }

  const onsets: number[] = []
  let missing = 0
  for await (const lists of annotationLists(file, header)) {
    const onset = timeKeeper(lists)
    if (onset === undefined) missing++
    onsets.push(onset ?? (onsets.at(-1) ?? firstOnset - header.recordDuration) + header.recordDuration)
  }
  if (missing > 0) header.warnings.push(`${missing} records have no time keeper and are taken to follow the one before`)
  const overlaps = onsets.filter((onset, k) => k > 0 && onset < onsets[k - 1]! + 0.5 * header.recordDuration).length
  if (overlaps > 0)
    header.warnings.push(`${overlaps} records begin before the one before ends; read one after the other`)
  return { firstOnset, gapsAtRate: (samplesPerRecord) => gapsOf(onsets, samplesPerRecord, header.recordDuration) }
}

/** Where the time keepers leave room between records. Exported for its tests. */
export function gapsOf(onsets: readonly number[], samplesPerRecord: number, recordDuration: number): RecordedGap[] {
  const rate = samplesPerRecord / recordDuration
  const gaps: RecordedGap[] = []
  let next = 0
  for (const [record, onset] of onsets.entries()) {
    const place = (onset - onsets[0]!) * rate
    // Onsets that fall between two samples must not make gaps and overlaps of one sample by rounding.
    if (place - next > 0.75) {
      const to = Math.round(place)
      gaps.push({ from: next, to, row: record * samplesPerRecord, cause: 'device' })
      next = to
    }
    next += samplesPerRecord
  }
  return gaps
}

/** The parsed lists of each annotation signal, record by record. */
async function* annotationLists(file: OpenFile, header: EdfHeader): AsyncGenerator<ReturnType<typeof parseTals>[]> {
  const signals = header.signals.filter((signal) => signal.isAnnotations)
  if (signals.length === 0) return
  if (header.recordBytes > SMALL_RECORD) {
    for (let record = 0; record < header.recordCount; record++) yield await annotationsOf(file, header, record)
    return
  }
  const blocks = new RecordBlocks(file, header)
  for (let record = 0; record < header.recordCount;) {
    const block = await blocks.at(record)
    for (let k = 0; k < block.count; k++, record++) {
      yield signals.map((signal) => {
        const start = k * header.recordBytes + signal.byteOffset
        return parseTals(block.bytes.subarray(start, start + signal.samplesPerRecord * header.bytesPerSample))
      })
    }
  }
}

async function annotationsOf(
  file: OpenFile,
  header: EdfHeader,
  record: number
): Promise<ReturnType<typeof parseTals>[]> {
  const lists = []
  for (const signal of header.signals.filter((candidate) => candidate.isAnnotations)) {
    const position = header.headerBytes + record * header.recordBytes + signal.byteOffset
    lists.push(parseTals(await file.read(position, signal.samplesPerRecord * header.bytesPerSample)))
  }
  return lists
}

/** Onset of the record: the first list of the first annotation signal, whose first text is empty. */
function timeKeeper(lists: readonly { tals: readonly Tal[] }[]): number | undefined {
  const tal = lists[0]?.tals[0]
  return tal?.texts[0] === '' ? tal.onset : undefined
}
