import { NdArray } from '@nodeacq/ndarray'
import type { ChannelInfo, OutputStream } from '@nodeacq/stream'
import { CounterTrack } from '../CounterTrack.ts'
import type { CortexSample } from './messages.ts'
import type { Columns, Headset } from './results.ts'

const COUNTERS = ['COUNTER', 'COUNTER_MEMS']
/** Columns that are no channels: what they say is in the index, the counters and the events of the node. */
const NO_CHANNELS = [...COUNTERS, 'INTERPOLATED', 'INTERPOLATED_MEMS', 'MARKERS']

/** Streams whose times are those of a clock, not of when they were computed. */
const TIMED = ['eeg', 'mot']

/** A stream of numbers. */
export interface CortexSignalSource {
  readonly stream: string
  readonly cols: Columns
  /** Hz */
  readonly rate: number
}

/** A sample behind which a gap may lie. */
export interface Numbered {
  /** Number of the sample in its stream; undefined for one that came before. */
  readonly index: number | undefined
  /** Made up by Cortex for one that the radio lost. */
  readonly isInterpolated: boolean
}

/** Channels of a stream, from its columns: nested ones one after the other. */
export function channelsOf(cols: Columns, { sensors }: Headset, stream: string): ChannelInfo[] {
  const names = cols.flat().filter((name) => !NO_CHANNELS.includes(name))
  // The older Cortex does not tell the sensors: its EEG has nothing else.
  const isSensor = (name: string) => sensors?.includes(name) ?? true
  const isVoltage = (name: string) => stream === 'eeg' && isSensor(name)
  return names.map((name) => (isVoltage(name) ? { name, unit: 'uV' } : { name }))
}

/** One stream of Cortex on its way to an output: numbered, gathered, sent. */
export class CortexSignal {
  readonly #output: OutputStream
  readonly #track: CounterTrack
  readonly #chunkSize: number
  readonly #places: readonly number[]
  readonly #counter: number
  readonly #interpolated: number
  readonly #rows: number[][] = []
  #session = ''
  #end = 0
  #time = 0

  /** @param chunkSize samples that are sent together */
  constructor(output: OutputStream, { stream, cols, rate }: CortexSignalSource, { chunkSize }: { chunkSize: number }) {
    const names = cols.flat()
    this.#output = output
    // The older Cortex sends EEG and motion without counters, but with the times of their clock.
    this.#track = new CounterTrack(rate, { jitter: TIMED.includes(stream) ? 0.5 : 1.5 })
    this.#chunkSize = chunkSize
    this.#places = names.flatMap((name, k) => (NO_CHANNELS.includes(name) ? [] : [k]))
    this.#counter = names.findIndex((name) => COUNTERS.includes(name))
    this.#interpolated = names.findIndex((name) => name.startsWith('INTERPOLATED'))
  }

  /** s at which the newest sample was, and its number. */
  get newest(): { readonly index: number; readonly time: number } {
    return { index: this.#end - 1, time: this.#time }
  }

  async take({ session, values, time }: CortexSample): Promise<Numbered> {
    // A session under another id was restored, perhaps with a headset that was off meanwhile.
    if (session !== this.#session) this.#track.beginAnew()
    this.#session = session
    const flat = flatten(values)
    const counter = flat[this.#counter]
    const index = this.#track.next(typeof counter === 'number' ? counter : undefined, time)
    const isInterpolated = flat[this.#interpolated] === 1
    if (index === undefined) return { index, isInterpolated }
    if (index > this.#end) await this.flush()
    this.#rows.push(this.#places.map((place) => toNumber(flat[place])))
    this.#end = index + 1
    this.#time = time
    if (this.#rows.length >= this.#chunkSize) await this.flush()
    return { index, isInterpolated }
  }

  /** Sends what was gathered. A jump of the index is a gap that the device made. */
  async flush(): Promise<void> {
    if (this.#rows.length === 0) return
    const rows = this.#rows.splice(0)
    const chunk = NdArray.fromTyped(Float64Array.from(rows.flat()), [rows.length, this.#places.length])
    // Cortex gives the time of each sample, in s of the epoch by the clock of its machine.
    this.#output.markDeviceTime(this.#end - 1, this.#time * 1000)
    await this.#output.send(chunk, this.#end, { handOver: true })
  }
}

/** Lists within the list are nested columns; those of MARKERS are no columns. */
function flatten(values: readonly unknown[]): unknown[] {
  return values.flatMap((value) =>
    Array.isArray(value) && typeof value[0] === 'number' ? (value as unknown[]) : [value]
  )
}

/** Metrics are null while they are not active. */
function toNumber(value: unknown): number {
  if (typeof value === 'number') return value
  return typeof value === 'boolean' ? Number(value) : NaN
}
