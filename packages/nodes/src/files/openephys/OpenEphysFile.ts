import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RecordingFileError } from '../../errors.ts'
import { localTime } from '../localTime.ts'
import { NpyFile } from '../npy/NpyFile.ts'
import { OpenFile } from '../OpenFile.ts'
import type { FileFormat } from '../openSampleFile.ts'
import { PartsStream, type StreamInParts, type StreamPart } from '../PartsStream.ts'
import type { RecordedEvent, SampleFile } from '../SampleFile.ts'
import { readEventFolder } from './events.ts'
import { readOebin, type Oebin, type OebinContinuous, type OebinEvents } from './oebin.ts'
import { findRecordings, STRUCTURE_FILE } from './recordings.ts'
import { segmentsOfNumbers } from './sampleNumbers.ts'

interface Recording {
  readonly folder: string
  readonly structure: Oebin
}

/**
 * A recording of the Open Ephys GUI in its binary format: one experiment, its recordings joined. Indexes are the sample numbers of each
 * stream, so what lies between two recordings, and a jump within one, is a gap. A TTL pulse is an event as long as its line is up, a
 * message one of no length. Spikes that the GUI found are not read.
 */
class OpenEphysFile implements SampleFile {
  readonly path: string
  readonly format = 'Open Ephys binary'
  readonly streams: readonly PartsStream[]
  readonly startTime: string | undefined
  readonly warnings: string[]
  readonly details: Readonly<Record<string, unknown>>
  readonly #files: readonly OpenFile[]
  readonly #recordings: readonly Recording[]
  /** Names of streams by their folders. */
  readonly #folders: ReadonlyMap<string, string>
  #events: readonly RecordedEvent[] | undefined

  private constructor(
    path: string,
    parts: {
      recordings: readonly Recording[]
      streams: PartsStream[]
      folders: ReadonlyMap<string, string>
      files: OpenFile[]
      warnings: string[]
      startTime: string | undefined
    }
  ) {
    this.path = path
    this.#recordings = parts.recordings
    this.#folders = parts.folders
    this.streams = parts.streams
    this.#files = parts.files
    this.warnings = parts.warnings
    this.startTime = parts.startTime
    this.details = {
      guiVersion: parts.recordings[0]?.structure['GUI version'],
      recordings: parts.recordings.map(({ folder }) => folder)
    }
  }

  static async open(path: string): Promise<OpenEphysFile> {
    const experiment = await findRecordings(path)
    if (experiment === undefined) {
      throw new RecordingFileError(path, {
        where: 'folder',
        expected: `experiment1/recording1/${STRUCTURE_FILE}`,
        got: 'none'
      })
    }
    const warnings = experiment.others.map((other) => `${other} is not read; open it by its own path`)
    const recordings: Recording[] = []
    for (const folder of experiment.folders) {
      recordings.push({ folder, structure: await readOebin(join(folder, STRUCTURE_FILE)) })
    }
    const files: OpenFile[] = []
    try {
      const found: StreamInParts[] = []
      const folders = new Map<string, string>()
      for (const [name, about] of namedStreams(recordings)) {
        const parts: (StreamPart & { readonly time: number | undefined })[] = []
        for (const { folder, structure } of recordings) {
          const here = structure.continuous.find(({ folder_name: each }) => each === about.folder_name)
          if (here === undefined) continue
          checkSame(join(folder, STRUCTURE_FILE), here, about)
          parts.push(await openPart(join(folder, 'continuous', here.folder_name), here, { files, warnings }))
        }
        const { time } = parts.find(({ segments }) => segments.length > 0) ?? {}
        found.push({ name, ...aboutStream(about), parts, time })
        folders.set(about.folder_name, name)
      }
      const streams = PartsStream.make(found, warnings).toSorted((a, b) => b.sampleRate - a.sampleRate)
      const startTime = await startTimeOf(recordings[0]!.folder)
      return new OpenEphysFile(path, { recordings, streams, folders, files, warnings, startTime })
    } catch (error) {
      for (const file of files) await file.close()
      throw error
    }
  }

  async events(): Promise<readonly RecordedEvent[]> {
    this.#events ??= await this.#readEvents()
    return this.#events
  }

  /** By index of the first stream. A message that says what a line said at the same sample is told once. */
  async #readEvents(): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = []
    const messages: RecordedEvent[] = []
    for (const { folder, structure } of this.#recordings) {
      for (const about of structure.events) {
        const found = await readEventFolder(folder, about, this.warnings)
        const target = about.type === 'string' ? messages : events
        target.push(...found.map((event) => this.#inFirst(event, about)))
      }
    }
    const told = new Set(events.map(({ index, label }) => `${index} ${label}`))
    events.push(...messages.filter(({ index, label }) => !told.has(`${index} ${label}`)))
    return events.toSorted((a, b) => a.index - b.index)
  }

  #inFirst(event: RecordedEvent, about: OebinEvents): RecordedEvent {
    const [first] = this.streams
    const name = this.#folders.get(about.folder_name.replace(/[^/]*\/?$/, '')) ?? about.stream_name
    const own = this.streams.find((stream) => stream.name === name)
    if (first === undefined || own === undefined || own === first) return event
    const time = own.offset + (event.index - own.startIndex) / own.sampleRate
    return {
      ...event,
      index: first.startIndex + Math.round((time - first.offset) * first.sampleRate),
      duration: Math.round((event.duration / own.sampleRate) * first.sampleRate)
    }
  }

  async close(): Promise<void> {
    for (const file of this.#files) await file.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** Recognised by a `structure.oebin` in it, or in the folders below it that Open Ephys makes. */
export const openEphysFormat: FileFormat = {
  name: 'Open Ephys binary',
  extensions: ['.oebin'],
  matches: async ({ path }) => (await findRecordings(path)) !== undefined,
  open: (path) => OpenEphysFile.open(path)
}

/** Streams of all recordings by name; those that share a name are called as their folders. */
function namedStreams(recordings: readonly Recording[]): Map<string, OebinContinuous> {
  const byFolder = new Map<string, OebinContinuous>()
  for (const about of recordings.flatMap(({ structure }) => structure.continuous)) {
    if (!byFolder.has(about.folder_name)) byFolder.set(about.folder_name, about)
  }
  const all = [...byFolder.values()]
  return new Map(
    all.map((about) => {
      const isUnique = all.filter((other) => other.stream_name === about.stream_name).length === 1
      return [isUnique && about.stream_name ? about.stream_name : about.folder_name.replace(/\/$/, ''), about]
    })
  )
}

function aboutStream({ sample_rate: sampleRate, channels }: OebinContinuous) {
  return {
    sampleRate,
    channelInfo: channels.map(({ channel_name: name, bit_volts: gain, units }) => ({
      name,
      // GUI 0.5 writes no unit: V for the inputs of an ADC, µV for the rest.
      unit: units || (name.includes('ADC') ? 'V' : 'uV'),
      gain,
      offset: 0
    }))
  }
}

function checkSame(path: string, here: OebinContinuous, first: OebinContinuous): void {
  if (here.num_channels === first.num_channels && here.sample_rate === first.sample_rate) return
  const told = ({ num_channels: count, sample_rate: rate }: OebinContinuous) => `${count} channels at ${rate} Hz`
  throw new RecordingFileError(path, { where: `stream '${here.folder_name}'`, expected: told(first), got: told(here) })
}

async function openPart(
  folder: string,
  { num_channels: channels }: OebinContinuous,
  { files, warnings }: { files: OpenFile[]; warnings: string[] }
): Promise<StreamPart & { time: number | undefined }> {
  const file = await OpenFile.open(join(folder, 'continuous.dat'))
  files.push(file)
  const rowBytes = channels * 2
  const rows = Math.floor(file.size / rowBytes)
  const rest = file.size - rows * rowBytes
  if (rest > 0) warnings.push(`${file.path}: the last sample is cut after ${rest} of ${rowBytes} bytes and is left out`)
  const path = ['sample_numbers.npy', 'timestamps.npy']
    .map((name) => join(folder, name))
    .find((each) => existsSync(each))
  if (path === undefined) {
    warnings.push(`${folder}: there are no sample numbers; samples count from 0`)
    return { file, segments: rows === 0 ? [] : [{ row: 0, index: 0, count: rows }], time: undefined }
  }
  const numbers = await NpyFile.open(path, warnings)
  try {
    if (!'iu'.includes(numbers.dtype.kind)) {
      throw new RecordingFileError(path, { where: 'header', expected: 'whole numbers', got: numbers.dtype.name })
    }
    if (numbers.length !== rows) {
      warnings.push(`${path}: ${numbers.length} sample numbers for ${rows} samples; the samples count`)
    }
    return { file, segments: await segmentsOfNumbers(numbers, rows), time: await firstTime(folder) }
  } finally {
    await numbers.close()
  }
}

/** s; GUI 0.6 writes times as floats, and below 0 where it could not synchronise its streams. */
async function firstTime(folder: string): Promise<number | undefined> {
  const path = join(folder, 'timestamps.npy')
  if (!existsSync(path)) return undefined
  // What is odd about its length, the sample numbers have told.
  const times = await NpyFile.open(path, [])
  try {
    const time = times.dtype.kind === 'f' && times.length > 0 ? Number((await times.read(0, 1)).get(0)) : NaN
    return time >= 0 ? time : undefined
  } finally {
    await times.close()
  }
}

/** `sync_messages.txt` of GUI 0.6 has the time of the first recording: `… since midnight Jan 1st 1970 UTC): 1709374830000`. */
async function startTimeOf(folder: string): Promise<string | undefined> {
  const text = await readFile(join(folder, 'sync_messages.txt'), 'utf8').catch(() => '')
  const milliseconds = /^Software Time \(milliseconds since.*\):\s*(\d{1,15})/m.exec(text)?.[1]
  return milliseconds === undefined ? undefined : localTime(BigInt(milliseconds) * 1_000_000n)
}
