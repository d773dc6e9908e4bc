import { NdArray } from '@nodeacq/ndarray'
import { seededRandom } from 'testing'
import type { RecordedChannel, RecordedEvent, RecordedGap, SampleFile } from '../../src/index.ts'
import { memoryRecording } from '../memoryRecording.ts'

const DTYPES = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'float32', 'float64']
const RATES = [50, 100, 250, 256, 500, 512, 1000]
const UNITS = ['µV', 'uV', 'mV', 'degC', '%', '']
const GAINS = [undefined, 1, 0.195, 0.1, 0.0488281, 10, 1.5]
const NAMES = ['C3', 'Cz', 'Ä, ö', 'EDF Annotations', 'a name that is much too long', 'チャネル', 'x=1;y', '']
const LABELS = ['go', 'µ – größer', 'Stimulus/S  7', 'a,b', '日本', 'x'.repeat(90), '']

/** One to three streams of any kind, with gaps and events; the same for the same seed. */
export function randomSource(seed: number, { mayBeNaN = true } = {}): SampleFile {
  const random = seededRandom(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!
  const streams = Array.from({ length: 1 + below(3) }, (_, s) => {
    const dtype = pick(DTYPES)
    const sampleRate = pick(RATES)
    const channels = 1 + below(4)
    const channelInfo = Array.from({ length: channels }, (): RecordedChannel => {
      const gain = pick(GAINS)
      const offset = random() < 0.2 ? below(100) : undefined
      return {
        name: pick(NAMES),
        unit: pick(UNITS),
        ...(gain !== undefined && { gain }),
        ...(offset !== undefined && { offset })
      }
    })
    const rows = 1 + below(sampleRate * 3)
    const values = Float64Array.from({ length: rows * channels }, () => {
      if (mayBeNaN && dtype.startsWith('float') && random() < 0.002) return pick([NaN, Infinity, -Infinity])
      return valueOf(dtype, random)
    })
    const startIndex = random() < 0.3 ? below(1e6) : 0
    const gaps: RecordedGap[] = []
    let missing = 0
    for (let row = 1 + below(rows); row < rows; row += 1 + below(rows)) {
      const count = 1 + below(pick([3, 200, 3000]))
      const from = startIndex + row + missing
      gaps.push({ from, to: from + count, row, cause: pick(['device', 'overrun']) })
      missing += count
    }
    const offset = s === 0 ? 0 : random() < 0.5 ? 0 : random() * 2
    const data = NdArray.fromTyped(values, [rows, channels]).astype(dtype)
    return { name: `stream${s}`, data, sampleRate, channelInfo, startIndex, offset, gaps }
  }).toSorted((a, b) => b.sampleRate - a.sampleRate)
  const [first] = streams
  const events = Array.from({ length: below(30) }, (): RecordedEvent => {
    const index = first!.startIndex + below(first!.data.length)
    const value = below(256)
    return { index, duration: random() < 0.5 ? 0 : below(50), label: pick(LABELS), value }
  }).toSorted((a, b) => a.index - b.index)
  return memoryRecording(streams, { events, startTime: '2024-03-02T10:20:30.125000' })
}

function valueOf(dtype: string, random: () => number): number {
  if (dtype.startsWith('float')) return (random() - 0.5) * 10 ** Math.floor(random() * 4)
  const bits = Number(/\d+/.exec(dtype)![0])
  const span = 2 ** Math.min(bits, random() < 0.5 ? 24 : bits)
  const value = Math.floor(random() * span)
  return dtype.startsWith('u') ? value : value - span / 2
}
