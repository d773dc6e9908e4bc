import { DeviceError, Node, describeOutput, registerNodeType } from '@nodeacq/core'
import { EVENT_DTYPE, type OutputOptions } from '@nodeacq/stream'
import { z } from 'zod'
import { openParts } from '../files/openParts.ts'
import type { RecordedStream, SampleFile, Units } from '../files/SampleFile.ts'
import { Pacer } from './Pacer.ts'
import { replayOutputs } from './replayOutputs.ts'
import { ReplayPart } from './ReplayPart.ts'
import { ReplayOutput } from './ReplayTrack.ts'

const config = z.object({
  file: z
    .string()
    .describe(
      'recording to play, in any format that nodeacq info reads, with its further parts; relative to where the process of ' +
        'the node runs'
    ),
  pace: z
    .union([z.enum(['realtime', 'max']), z.number().positive()])
    .default('realtime')
    .describe(
      "'realtime', a factor of it, or 'max': as fast as the slowest consumer that must not lose data; default 'realtime'"
    ),
  units: z
    .enum(['physical', 'digital'])
    .default('physical')
    .describe("'physical': float64 in the unit of each channel; 'digital': the stored numbers; default 'physical'"),
  from: z
    .number()
    .min(0)
    .default(0)
    .describe('s from the start of the recording at which to begin; default 0')
    .meta({ unit: 's' }),
  loop: z.boolean().default(false).describe('start over at the end, the index going on; default off'),
  chunkSize: z
    .number()
    .int()
    .positive()
    .nullish()
    .describe("samples in each chunk of 'signals'; default 10 ms worth of samples, with pace 'max' 1024")
    .meta({ pyacq: 'chunksize' })
})

type Config = z.infer<typeof config>

const CHUNK_SECONDS = 0.01
const CHUNK_AT_MAX = 1024

/**
 * Plays a recording as if the devices were there: all of its streams in step, each sample at its time in the recording.
 *
 * Output `signals` is the stream of the highest rate, `(samples, channels)`; further rates of an EDF file are `signals2`,
 * `signals3` … from the next rate down, and the other streams of a recording keep their names. Output `events` has the
 * annotations, markers and triggers (EVENT_DTYPE, counted in samples of `signals`). Indexes are those of the recording;
 * what it does not hold is declared as a gap with its cause, or `device`. A recording of several parts is played part by part:
 * a stream whose device had started anew begins a new run. The run ends with the recording.
 */
export class FileReplay extends Node<Config> {
  static override readonly description = 'Plays a recording, in any format that can be read.'
  static override readonly makesAnyOutput = true
  static override readonly configSchema = config
  static override readonly outputSpecs = {
    signals: { streamType: 'analogsignal' },
    events: { streamType: 'event', dtype: EVENT_DTYPE, shape: [-1], eventsOf: 'signals' }
  }
  /** Of one recording, in order. */
  #files: readonly SampleFile[] = []
  /** Name of the output of each recorded stream. */
  #names: ReadonlyMap<string, string> = new Map()
  #main: RecordedStream | undefined
  #progress: number | null = null

  protected override async _configure({ file: path, pace, units }: Config): Promise<void> {
    await this.#close()
    this.#files = await openParts(path)
    for (const file of this.#files) for (const warning of file.warnings) this.log.warning(`${file.path}: ${warning}`)
    // A stream without a sample in the first part may have some in the next.
    const streams = new Map<string, RecordedStream>()
    for (const stream of this.#files.flatMap((file) => file.streams)) {
      if (!streams.has(stream.name)) streams.set(stream.name, stream)
    }
    this.#names = replayOutputs([...streams.values()])
    const main = [...streams.values()].find(({ name }) => this.#names.get(name) === 'signals')
    if (main === undefined) throw new DeviceError(`FileReplay '${this.name}': ${path}: expected signals, got none`)
    this.#main = main

    await this.#makeOutputs([...this.#names.values()])
    const flow = pace === 'max' ? 'wait' : 'realtime'
    await describeOutput(this.outputs['events']!, { sampleRate: main.sampleRate, flow })
    for (const [name, stream] of streams) {
      await describeOutput(this.outputs[this.#names.get(name)!]!, { ...describeStream(stream, units), flow })
    }
  }

  async #makeOutputs(names: readonly string[]): Promise<void> {
    const wanted = new Set([...Object.keys(FileReplay.outputSpecs), ...names])
    for (const [name, output] of Object.entries(this.outputs)) {
      if (wanted.has(name)) continue
      await output.close()
      delete this.outputs[name]
    }
    const fixed: Readonly<Record<string, OutputOptions>> = FileReplay.outputSpecs
    for (const name of wanted) {
      if (!(name in this.outputs)) this.addOutput(name)
      // What an earlier file said is forgotten.
      this.outputs[name]!.spec = { ...fixed[name] }
    }
  }

  protected override async _initialize(): Promise<void> {
    // Looks for the events now; a trigger channel has to be read for that.
    for (const file of this.#files) await file.events()
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { pace, loop, chunkSize, from } = this.config
    const speed = pace === 'max' ? Infinity : pace === 'realtime' ? 1 : pace
    const parts = await this.#openTracks(signal)
    const begins = beginsOf(parts)
    const total = begins.at(-1)! + parts.at(-1)!.duration
    const { sampleRate } = this.#main!
    const step = (chunkSize ?? defaultChunk(pace, sampleRate)) / sampleRate
    const pacer = new Pacer(signal)
    this.#progress = loop ? null : 0

    for (let pass = 0; pass === 0 || (loop && total > 0); pass++) {
      // One file goes on counting; several, which count for themselves, begin anew.
      const shift = parts.length === 1 ? pass * total : 0
      for (const [k, part] of parts.entries()) {
        const begin = begins[k]!
        const start = pass === 0 ? Math.max(0, from - begin) : 0
        if (start > 0 && start >= part.duration) continue
        part.rewind({ from: start, shift, isNext: parts.length > 1 && pass + k > 0 })
        for (let n = Math.floor(start / step) + 1; part.hasMore; n++) {
          // Over a long gap, go on with the step that has data again.
          n = Math.max(n, Math.floor(part.next / step + 1e-9) + 1)
          const elapsed = Math.min(n * step, part.duration)
          if (!(await pacer.until((pass * total + begin + elapsed - from) / speed))) return
          if (!(await part.sendUntil(n * step))) return
          if (!loop) this.#progress = (begin + elapsed) / total
        }
        if (!loop) await part.sendLastEvents()
      }
    }
  }

  async #openTracks(signal: AbortSignal): Promise<ReplayPart[]> {
    const output = (name: string) => new ReplayOutput(this.outputs[name]!, signal)
    const outputs = new Map([...this.#names].map(([stream, name]) => [stream, output(name)]))
    const options = { units: this.config.units, outputs, events: output('events') }
    const parts = await Promise.all(this.#files.map((file) => ReplayPart.open(file, options)))
    return parts.filter((part) => part !== undefined)
  }

  protected override async _close(): Promise<void> {
    await this.#close()
  }

  async #close(): Promise<void> {
    for (const file of this.#files) await file.close()
    this.#files = []
  }

  protected override _progress(): number | null {
    return this.#progress
  }
}
registerNodeType(FileReplay)

/** s from the start of the first part to that of each: by their clocks, or one after the other where there is none. */
function beginsOf(parts: readonly ReplayPart[]): number[] {
  const begins: number[] = []
  let end = 0
  for (const { startUtc, startTime, duration } of parts) {
    const first = parts[0]!
    const isTimed = startUtc !== undefined && first.startUtc !== undefined
    const by = isTimed ? Number(startUtc - first.startUtc) / 1e9 + startTime - first.startTime : end
    begins.push(Math.max(by, end))
    end = begins.at(-1)! + duration
  }
  return begins
}

function describeStream(stream: RecordedStream, units: Units): OutputOptions {
  const { sampleShape, sampleRate, channelInfo, streamType } = stream
  const unitNames = new Set(channelInfo.map(({ unit }) => unit))
  const [unit] = unitNames
  return {
    streamType,
    dtype: (units === 'physical' ? stream.physicalDType : stream.dtype).toWire(),
    shape: [-1, ...sampleShape],
    sampleRate,
    ...(sampleShape.length === 1 && { channelCount: stream.channelCount }),
    // A gain that was applied must not be found, and applied again, by somebody further on.
    ...(channelInfo.length > 0 && {
      channelInfo: channelInfo.map(({ gain, offset, ...rest }) =>
        units === 'digital' ? { ...rest, gain, offset } : rest
      )
    }),
    ...(units === 'physical' && unitNames.size === 1 && unit !== undefined && { units: unit })
  }
}

function defaultChunk(pace: Config['pace'], sampleRate: number): number {
  return pace === 'max' ? CHUNK_AT_MAX : Math.max(1, Math.round(sampleRate * CHUNK_SECONDS))
}
