import { RecordingFileError } from '../../errors.ts'
import { addSeconds, withoutZeros } from '../localTime.ts'
import { OpenFile } from '../OpenFile.ts'
import type { FileFormat } from '../openSampleFile.ts'
import type { RecordedEvent, SampleFile } from '../SampleFile.ts'
import { readAnnotations, readGaps, type Annotation } from './annotations.ts'
import { EdfStream } from './EdfStream.ts'
import { kindOf, readEdfHeader, type EdfHeader, type EdfSignal } from './header.ts'
import { RecordBlocks } from './RecordBlocks.ts'
import { readTriggers } from './triggers.ts'
import { numberInLabel } from '../eventValue.ts'

/** A record of more bytes is taken for damage; EDF allows 61,440 by recommendation, EDFlib 15 MiB. */
const MAX_RECORD_BYTES = 64 * 1024 * 1024

/**
 * EDF, EDF+C, EDF+D and their 24-bit relatives BDF, BDF+C, BDF+D.
 *
 * Signals of one rate form a stream; streams are named `signals`, `signals2`, … from the highest rate down. Records of a
 * discontinuous file that do not follow each other are gaps. Annotations are events, and so are the changes of a BDF
 * `Status` channel (its low 16 bits), which stays a data channel too.
 */
class EdfFile implements SampleFile {
  readonly path: string
  readonly format: string
  readonly streams: readonly EdfStream[]
  readonly startTime: string | undefined
  readonly warnings: string[]
  readonly details: Readonly<Record<string, unknown>>
  readonly #file: OpenFile
  readonly #header: EdfHeader
  readonly #firstOnset: number
  #events: Promise<readonly RecordedEvent[]> | undefined

  private constructor(file: OpenFile, header: EdfHeader, streams: readonly EdfStream[], firstOnset: number) {
    this.path = file.path
    this.format =
      header.continuity === 'plain' ? header.kind : `${header.kind}+${header.continuity === 'continuous' ? 'C' : 'D'}`
    this.streams = streams
    this.startTime = addFraction(header.startTime, firstOnset)
    this.warnings = header.warnings
    this.details = { patient: header.patient, recording: header.recording, recordDuration: header.recordDuration }
    this.#file = file
    this.#header = header
    this.#firstOnset = firstOnset
  }

  /** @throws RecordingFileError */
  static async open(path: string): Promise<EdfFile> {
    const file = await OpenFile.open(path)
    try {
      const header = await readEdfHeader(file)
      if (header.recordBytes > MAX_RECORD_BYTES) {
        throw new RecordingFileError(path, {
          where: "'samples per record'",
          expected: `a record of at most ${MAX_RECORD_BYTES} bytes`,
          got: `${header.recordBytes}`
        })
      }
      const { firstOnset, gapsAtRate } = await readGaps(file, header)
      const blocks = new RecordBlocks(file, header)
      const streams = groupByRate(header).map((signals, k) => {
        const gaps = gapsAtRate(signals[0]!.samplesPerRecord)
        return new EdfStream(k === 0 ? 'signals' : `signals${k + 1}`, signals, { header, blocks, gaps })
      })
      return new EdfFile(file, header, streams, firstOnset)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  events(): Promise<readonly RecordedEvent[]> {
    this.#events ??= this.#readEvents()
    return this.#events
  }

  async #readEvents(): Promise<readonly RecordedEvent[]> {
    const rate = this.streams[0]?.sampleRate ?? 0
    const annotations = await readAnnotations(this.#file, this.#header)
    const events = annotations.map((annotation) => this.#eventOf(annotation, rate))
    for (const stream of this.#header.kind === 'BDF' ? this.streams : []) {
      for (const [channel, { name }] of stream.channelInfo.entries()) {
        if (name.toLowerCase() !== 'status') continue
        for (const trigger of await readTriggers(stream, channel)) {
          const scale = rate / stream.sampleRate
          events.push({
            ...trigger,
            index: Math.round(trigger.index * scale),
            duration: Math.round(trigger.duration * scale)
          })
        }
      }
    }
    const placed = events.filter(({ index, duration }) => Number.isSafeInteger(index) && Number.isSafeInteger(duration))
    if (placed.length < events.length) {
      this.warnings.push(`${events.length - placed.length} annotations at impossible times are left out`)
    }
    return placed.sort((a, b) => a.index - b.index)
  }

  #eventOf({ onset, duration, text }: Annotation, rate: number): RecordedEvent {
    return {
      index: Math.round((onset - this.#firstOnset) * rate),
      duration: Math.round((duration ?? 0) * rate),
      label: text,
      value: numberInLabel(text)
    }
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Recognised by the first eight bytes. */
export const edfFormat: FileFormat = {
  name: 'EDF/BDF',
  extensions: ['.edf', '.bdf', '.rec'],
  matches: ({ head }) => kindOf(head) !== undefined,
  open: (path) => EdfFile.open(path)
}

/** Ordinary signals by samples per record, highest first; signals without samples are left out. */
function groupByRate(header: EdfHeader): EdfSignal[][] {
  const groups = new Map<number, EdfSignal[]>()
  for (const signal of header.signals) {
    if (signal.isAnnotations || signal.samplesPerRecord === 0) continue
    const group = groups.get(signal.samplesPerRecord)
    if (group === undefined) groups.set(signal.samplesPerRecord, [signal])
    else group.push(signal)
  }
  return [...groups].sort(([a], [b]) => b - a).map(([, signals]) => signals)
}

/** The time keeper of record 0 may move the start by less than a second (or, discontinuous, by any time). */
function addFraction(startTime: string | undefined, seconds: number): string | undefined {
  if (startTime === undefined || seconds === 0) return startTime
  const time = Date.parse(`${startTime}Z`) + seconds * 1000
  return Number.isNaN(new Date(time).getTime()) ? startTime : withoutZeros(addSeconds(startTime, seconds))
}
