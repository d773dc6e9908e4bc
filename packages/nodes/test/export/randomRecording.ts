import { NdArray, parseDType } from '@nodeacq/ndarray'
import fc from 'fast-check'
import { seededRandom } from 'testing'
import type { ExportEvent, Exporter, ExportHead, ExportResult, ExportStream } from '../../src/convert/Exporter.ts'

/** A stretch of samples, and how many are missing before it. */
interface Piece {
  readonly missing: number
  readonly rows: number
}

export interface RandomStream {
  readonly stream: ExportStream
  readonly pieces: readonly Piece[]
  readonly seed: number
}

export interface RandomRecording {
  readonly streams: readonly RandomStream[]
  readonly events: readonly ExportEvent[]
}

const DTYPES = [
  'int8',
  'int16',
  'int32',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float16',
  'float32',
  'float64',
  'bool'
]
const UNITS = ['uV', 'µV', 'mV', 'V', 'degC', 'g', undefined]

// A text with a zero byte ends there in most formats.
const name = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replaceAll('\0', '0'))

/** Streams of all kinds, with gaps, events and any names. */
export function randomRecordings(
  dtypes: readonly string[] = DTYPES,
  { shapes = [[1], [3], [], [2, 3]] }: { shapes?: readonly (readonly number[])[] } = {}
): fc.Arbitrary<RandomRecording> {
  return fc
    .array(
      fc.record({
        name,
        dtype: fc.constantFrom(...dtypes),
        sampleShape: fc.constantFrom(...shapes),
        sampleRate: fc.constantFrom(1, 250, 30_000, 33.3, 29_999.97),
        startIndex: fc.integer({ min: 0, max: 2 ** 40 }),
        offset: fc.constantFrom(0, 0.25, 1 / 3),
        channels: fc.array(
          fc.record({
            name,
            unit: fc.constantFrom(...UNITS),
            gain: fc.constantFrom(0.195, 2),
            offset: fc.constantFrom(0, 7)
          }),
          { minLength: 3, maxLength: 3 }
        ),
        pieces: fc.array(fc.record({ missing: fc.nat(40), rows: fc.integer({ min: 1, max: 500 }) }), { maxLength: 4 }),
        seed: fc.nat()
      }),
      { minLength: 1, maxLength: 3 }
    )
    .chain((parts) => {
      const streams = parts.map(({ pieces, seed, ...part }, k) => ({ stream: streamOf(part, k), pieces, seed }))
      const event = fc.record({
        stream: fc.nat(streams.length - 1),
        index: fc.nat(1000),
        duration: fc.constantFrom(0, 0, 17),
        label: name,
        value: fc.integer({ min: 0, max: 2 ** 31 - 1 })
      })
      return fc
        .record({ streams: fc.constant(streams), events: fc.array(event, { maxLength: 5 }) })
        .map((recording) => ({
          ...recording,
          events: recording.events.map((each) => ({
            ...each,
            index: each.index + streams[each.stream]!.stream.startIndex
          }))
        }))
    })
}

function streamOf(
  part: {
    name: string
    dtype: string
    sampleShape: readonly number[]
    sampleRate: number
    startIndex: number
    offset: number
    channels: readonly { name: string; unit: string | undefined; gain: number; offset: number }[]
  },
  place: number
): ExportStream {
  const channelCount = part.sampleShape.at(-1) ?? 1
  return {
    ...part,
    // Streams of a recording have names of their own.
    name: `${part.name}${place}`,
    streamType: 'analogsignal',
    dtype: parseDType(part.dtype),
    channelCount,
    channelInfo: part.channels
      .slice(0, channelCount)
      .map(({ unit, ...info }) => (unit === undefined ? info : { ...info, unit }))
  }
}

/** The samples of a stretch; any bits where all are numbers, so that no value is special. */
export function samplesOf({ stream, seed }: RandomStream, from: number, rows: number): NdArray {
  const random = seededRandom(seed + from)
  const shape = [rows, ...stream.sampleShape]
  const bytes = NdArray.zeros(shape, stream.dtype)
  if (stream.dtype.kind === 'b') {
    return NdArray.from(
      Array.from({ length: bytes.size }, () => random() < 0.5),
      'bool'
    ).reshape(shape)
  }
  const target = bytes.bytes()
  for (let k = 0; k < target.length; k++) target[k] = random() * 256
  // Not a number has many bit patterns, of which a conversion keeps one.
  if (stream.dtype.name !== 'float16') return bytes
  return NdArray.from(
    Array.from({ length: target.length / 2 }, () => Math.floor(random() * 2000) - 1000),
    'float16'
  ).reshape(shape)
}

/** Where each stretch begins. */
export function placesOf({ stream, pieces }: RandomStream): { index: number; rows: number; missing: number }[] {
  let index = stream.startIndex
  return pieces.map(({ missing, rows }, k) => {
    const gap = k === 0 ? 0 : missing
    index += gap + rows
    return { index: index - rows, rows, missing: gap }
  })
}

/** Gives all of a recording to an exporter, streams by turns, each stretch in two blocks, with a sync between, and closes it. */
export async function writeAll(exporter: Exporter, { streams, events }: RandomRecording): Promise<ExportResult> {
  const longest = Math.max(0, ...streams.map(({ pieces }) => pieces.length))
  for (let k = 0; k < longest; k++) {
    for (const [place, each] of streams.entries()) {
      const piece = placesOf(each)[k]
      if (piece === undefined) continue
      const { index, rows, missing } = piece
      if (missing > 0) await exporter.gap(place, { from: index - missing, to: index, cause: `overrun ${k}` })
      const block = samplesOf(each, index, rows)
      const half = Math.ceil(rows / 2)
      await exporter.samples(place, index, block.slice(0, half))
      if (half < rows) await exporter.samples(place, index + half, block.slice(half))
    }
    if (k === 0) await exporter.sync()
  }
  for (const event of events) await exporter.event(event)
  return await exporter.close()
}

export function headOf({ streams }: RandomRecording, options: Readonly<Record<string, unknown>> = {}): ExportHead {
  return {
    source: 'session.mcap',
    streams: streams.map(({ stream }) => stream),
    startUtc: 1_709_374_830_125_000_000n,
    startTime: '2024-03-02T10:20:30.125000',
    gaps: 'native',
    options,
    provenance: { graph: 'name: demo\n' }
  }
}
