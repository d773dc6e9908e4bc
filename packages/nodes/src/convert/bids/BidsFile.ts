import { basename, dirname } from 'node:path'
import { mkdir } from 'node:fs/promises'
import type { NdArray } from '@nodeacq/ndarray'
import { openSampleFile } from '../../files/openSampleFile.ts'
import { replaceFile } from '../../files/output/replaceFile.ts'
import type { StreamConversion } from '../Conversion.ts'
import type {
  Exporter,
  ExportEvent,
  ExportGap,
  ExportHead,
  ExportResult,
  ExportStream,
  ExportTarget
} from '../Exporter.ts'
import { bidsChannels, channelsTable, plainNames, type BidsChannel } from './channels.ts'
import type { BidsOptions } from './options.ts'
import { RowClock } from './RowClock.ts'
import { EVENTS_JSON, recordingJson } from './sidecars.ts'
import { cell, tsvText } from './tsv.ts'

/** One file of samples, in another format, with the tables and JSON that BIDS wants beside it. */
export class BidsFile {
  /** Of the samples: the first file that the format makes. */
  readonly path: string
  readonly #base: string
  readonly #options: BidsOptions
  readonly #inner: Exporter
  readonly #streams: readonly ExportStream[]
  /** Names as in the data file. */
  readonly #names: readonly (readonly string[])[]
  readonly #clocks: readonly RowClock[]
  /** Behind the last sample of each stream. */
  readonly #ends: number[]
  readonly #isNative: boolean
  readonly #events: ExportEvent[] = []
  readonly #gaps: (ExportGap & { readonly stream: number })[] = []
  /** s in the file: behind the last sample, and the end. */
  #padding: readonly [end: number, length: number] = [0, 0]
  #isWritten = false

  private constructor(
    paths: { data: string; base: string },
    inner: Exporter,
    about: {
      head: ExportHead
      streams: readonly ExportStream[]
      names: readonly (readonly string[])[]
      options: BidsOptions
    }
  ) {
    this.path = paths.data
    this.#base = paths.base
    this.#inner = inner
    this.#streams = about.streams
    this.#names = about.names
    this.#options = about.options
    this.#isNative = about.head.gaps === 'native'
    const start = Math.min(...about.streams.map(({ offset }) => offset))
    this.#ends = about.streams.map(({ startIndex }) => startIndex)
    this.#clocks = about.streams.map((stream) => new RowClock(stream, stream.offset - start, !this.#isNative))
  }

  static async open(
    base: string,
    target: ExportTarget,
    about: { head: ExportHead; streams: readonly ExportStream[]; options: BidsOptions }
  ): Promise<BidsFile> {
    const { head, streams, options } = about
    await mkdir(dirname(base), { recursive: true })
    const flat = plainNames(streams.flatMap(({ channelInfo }) => channelInfo.map(({ name }) => name)))
    const names = streams.map(({ channelInfo }) => flat.splice(0, channelInfo.length))
    const renamed = streams.map((stream, k) => ({
      ...stream,
      channelInfo: stream.channelInfo.map((channel, c) => ({ ...channel, name: names[k]![c]! }))
    }))
    const own = target.optionsSchema?.parse(target.name === 'brainvision' ? {} : { patientCode: options.subject }) ?? {}
    const data = `${base}_${options.datatype}${target.extension}`
    const inner = await target.open(data, { ...head, streams: renamed, options: own })
    try {
      const file = new BidsFile({ data, base }, inner, { head, streams, names, options })
      await file.#writeSidecars([], undefined)
      return file
    } catch (error) {
      await inner.abort()
      throw error
    }
  }

  /** Files that are there, the samples first. */
  get files(): string[] {
    const beside = [
      `_${this.#options.datatype}.json`,
      '_channels.tsv',
      ...(this.#isWritten ? ['_events.tsv', '_events.json'] : [])
    ]
    return [...this.#inner.files, ...beside.map((suffix) => `${this.#base}${suffix}`)]
  }

  /** From the folder of the session: `eeg/sub-01_task-rest_eeg.vhdr`. */
  get scan(): string {
    return `${this.#options.datatype}/${basename(this.path)}`
  }

  /** s from the start of what is exported to the first sample in the file */
  get start(): number {
    return Math.min(...this.#streams.map(({ offset }) => offset))
  }

  async samples(stream: number, index: number, block: NdArray): Promise<void> {
    await this.#inner.samples(stream, index, block)
    this.#ends[stream] = index + block.length
  }

  async gap(stream: number, gap: ExportGap): Promise<void> {
    await this.#inner.gap(stream, gap)
    this.#clocks[stream]!.addGap(gap)
    this.#gaps.push({ stream, ...gap })
  }

  async event(event: ExportEvent): Promise<void> {
    await this.#inner.event(event)
    this.#events.push(event)
  }

  async sync(): Promise<void> {
    await this.#inner.sync()
    await this.#writeEvents()
  }

  async close(): Promise<ExportResult> {
    const result = await this.#inner.close()
    const ends = this.#clocks.map((clock, k) => clock.secondsOf(this.#ends[k]!))
    const duration = Math.max(0, ...ends)
    await this.#writeSidecars(result.streams, duration)
    this.#padding = [duration, await lengthOf(this.path)]
    await this.#writeEvents()
    const streams = result.streams.map((each, k) => ({ ...each, renamed: this.#renamed(each, k) }))
    return { ...result, streams }
  }

  async abort(): Promise<void> {
    await this.#inner.abort()
  }

  /** From the names of the source to those in the file. */
  #renamed({ stream, renamed }: StreamConversion, k: number): Record<string, string> {
    const { channelInfo } = this.#streams.find(({ name }) => name === stream) ?? this.#streams[k]!
    const names = this.#names[this.#streams.findIndex((each) => each.channelInfo === channelInfo)]!
    const pairs = channelInfo.map(({ name }, c) => [name, renamed[names[c]!] ?? names[c]!] as const)
    return Object.fromEntries(pairs.filter(([from, to]) => from !== to))
  }

  async #writeSidecars(reports: readonly StreamConversion[], duration: number | undefined): Promise<void> {
    const channels = this.#streams.flatMap((stream, k): BidsChannel[] => {
      const report = reports.find((each) => each.stream === stream.name)
      const names = this.#names[k]!.map((name) => report?.renamed[name] ?? name)
      return bidsChannels(stream, names, this.#options).map((channel, c) => ({
        ...channel,
        unit: report?.unitsChanged[this.#names[k]![c]!] ?? channel.unit
      }))
    })
    const recordingType = this.#isNative && this.#gaps.length > 0 ? 'discontinuous' : 'continuous'
    const about = recordingJson(this.#options, { channels, recordingType, duration })
    await replaceFile(`${this.#base}_${this.#options.datatype}.json`, `${JSON.stringify(about, undefined, 2)}\n`)
    await replaceFile(`${this.#base}_channels.tsv`, tsvText(channelsTable(channels)))
  }

  /** All anew: an event may come before the gap that moves its row. */
  async #writeEvents(): Promise<void> {
    const lines = [
      ...this.#events.map((event) => this.#eventLine(event)),
      ...this.#gaps.map((gap) => this.#gapLine(gap))
    ]
    const [end, length] = this.#padding
    if (length - end > 1e-9) lines.push(this.#paddingLine(end, length))
    if (lines.length === 0) return
    const columns = ['onset', 'duration', 'trial_type', 'value', 'sample', 'note']
    const rows = lines.toSorted((a, b) => a.onset - b.onset).map(({ onset, cells }) => [decimal(onset), ...cells])
    await replaceFile(`${this.#base}_events.tsv`, tsvText({ columns, rows }))
    if (!this.#isWritten)
      await replaceFile(`${this.#base}_events.json`, `${JSON.stringify(EVENTS_JSON, undefined, 2)}\n`)
    this.#isWritten = true
  }

  /** Records of EDF are whole: the last one goes on behind the last sample. */
  #paddingLine(end: number, length: number): EventLine {
    const clock = this.#clocks.reduce((best, each) => (each.stream.sampleRate > best.stream.sampleRate ? each : best))
    const row = Math.round(end * clock.stream.sampleRate)
    return { onset: end, cells: [decimal(length - end), 'BAD_padding', 'n/a', String(row), 'n/a'] }
  }

  #eventLine({ stream, index, duration, label, value }: ExportEvent): EventLine {
    const clock = this.#clocks[stream]!
    const seconds = decimal(duration / clock.stream.sampleRate)
    const cells = [seconds, cell(label), String(value), String(clock.rowOf(index)), 'n/a']
    return { onset: clock.secondsOf(index), cells }
  }

  #gapLine({ stream, from, to, cause }: ExportGap & { readonly stream: number }): EventLine {
    const clock = this.#clocks[stream]!
    const index = this.#isNative ? to : from
    const seconds = decimal((to - from) / clock.stream.sampleRate)
    const what = this.#isNative ? ['n/a', 'gap'] : [seconds, 'BAD_gap']
    const cells = [...what, 'n/a', String(clock.rowOf(index)), cell(`lost ${to - from} samples: ${cause}`)]
    return { onset: clock.secondsOf(index), cells }
  }
}

/** s from the first sample to the end of a file */
async function lengthOf(path: string): Promise<number> {
  await using file = await openSampleFile(path)
  return Math.max(...file.streams.map(({ sampleCount, sampleRate }) => sampleCount / sampleRate))
}

interface EventLine {
  readonly onset: number
  /** Behind the onset. */
  readonly cells: readonly string[]
}

/** Without exponent, to the nanosecond. */
function decimal(seconds: number): string {
  return seconds.toFixed(9).replace(/\.?0+$/, '')
}
