import { DeviceError } from '@nodeacq/core'
import { z } from 'zod'
import { requireProgram } from '../programs/findProgram.ts'
import { firstWords, runProgram } from '../programs/runProgram.ts'
import {
  AUDIO_FORMATS,
  DEFAULT_DEVICE,
  type AudioBackend,
  type AudioDeviceSpec,
  type AudioFormat,
  type AudioNews
} from './AudioBackend.ts'

/** What `pactl -f json` says of a source or sink, as far as it is used. */
const endpointSchema = z.object({
  name: z.string(),
  description: z.string().default(''),
  /** Such as `s16le 2ch 44100Hz`. */
  sample_specification: z.string(),
  channel_map: z.string().default('')
})
const infoSchema = z.object({ default_source_name: z.string().nullish(), default_sink_name: z.string().nullish() })

/** ms of audio that the server gathers before it hands it on: a chunk, within these limits. */
const SHORTEST_LATENCY = 5
const LONGEST_LATENCY = 50
/** ms that are buffered for playing: what a program that is late for a moment has before there is silence. */
const PLAYBACK_LATENCY = 60

/**
 * PulseAudio, or PipeWire in its place: `parec` and `pacat`, with `pactl` for the list.
 *
 * @throws {MissingPackageError}
 */
export async function openPulseBackend(subject: string): Promise<AudioBackend> {
  const pactl = await requireProgram('pactl', subject)
  const parec = await requireProgram('parec', subject)
  const pacat = await requireProgram('pacat', subject)

  async function ask<T>(what: readonly string[], schema: z.ZodType<T>): Promise<T> {
    const output = await runProgram({ file: pactl, args: ['-f', 'json', ...what] })
    if (output.code !== 0) throw new DeviceError(`${subject}: the sound server: ${firstWords(output)}`)
    try {
      return schema.parse(JSON.parse(output.stdout))
    } catch (cause) {
      const message = `${subject}: pactl ${what.join(' ')}: expected the JSON of PulseAudio 15 or later, got something else`
      throw new DeviceError(message, { cause })
    }
  }

  return {
    name: 'pulse',
    tail: 0,
    async devices() {
      const info = await ask(['info'], infoSchema)
      const sources = await ask(['list', 'sources'], z.array(endpointSchema))
      const sinks = await ask(['list', 'sinks'], z.array(endpointSchema))
      const defaultInput = sources.find(({ name }) => name === info.default_source_name)
      const defaultOutput = sinks.find(({ name }) => name === info.default_sink_name)
      const specs = [
        toSpec({ name: DEFAULT_DEVICE, description: "the sound server's default" }, defaultInput, defaultOutput),
        ...sources.map((source) => toSpec(source, source, undefined)),
        ...sinks.map((sink) => toSpec(sink, undefined, sink))
      ]
      return {
        devices: specs.map((spec, index) => ({ index, ...spec })),
        defaultInput: defaultInput?.name,
        defaultOutput: defaultOutput?.name
      }
    },
    capture: (device, format) => ({
      file: parec,
      args: [...streamArguments(device, format, device.maxInputChannels), `--latency-msec=${latencyOf(format)}`]
    }),
    playback: (device, format) => ({
      file: pacat,
      args: [
        '--playback',
        ...streamArguments(device, format, device.maxOutputChannels),
        `--latency-msec=${Math.max(PLAYBACK_LATENCY, 2 * latencyOf(format))}`
      ]
    }),
    readLine
  }
}

type Endpoint = z.infer<typeof endpointSchema>

function toSpec(
  { name, description }: Pick<Endpoint, 'name' | 'description'>,
  input: Endpoint | undefined,
  output: Endpoint | undefined
): Omit<AudioDeviceSpec, 'index'> {
  const [one] = [input, output].filter((end) => end !== undefined)
  return {
    name,
    description,
    hostApi: 'pulse',
    maxInputChannels: channelsOf(input),
    maxOutputChannels: channelsOf(output),
    defaultSampleRate: Number(/(\d+)Hz/.exec(one?.sample_specification ?? '')?.[1]) || null,
    channelNames: one?.channel_map ? one.channel_map.split(',') : []
  }
}

function channelsOf(endpoint: Endpoint | undefined): number {
  return Number(/(\d+)ch/.exec(endpoint?.sample_specification ?? '')?.[1] ?? 0)
}

function streamArguments(device: AudioDeviceSpec, format: AudioFormat, deviceChannels: number): string[] {
  const { sampleRate, channelCount } = format
  return [
    '--raw',
    '--verbose',
    '--client-name=nodeacq',
    ...(device.name === DEFAULT_DEVICE ? [] : [`--device=${device.name}`]),
    `--format=${AUDIO_FORMATS[format.format].pulse}`,
    `--rate=${sampleRate}`,
    `--channels=${channelCount}`,
    // As many channels as the device has: each as it is. Otherwise the server mixes them.
    ...(channelCount === deviceChannels ? ['--no-remix', '--no-remap'] : [])
  ]
}

function latencyOf({ chunkSize, sampleRate }: AudioFormat): number {
  return Math.round(Math.min(LONGEST_LATENCY, Math.max(SHORTEST_LATENCY, (1000 * chunkSize) / sampleRate)))
}

/** Lines that `parec --verbose` and `pacat --verbose` write while nothing happens; the times come 20 times a second. */
const NOISE =
  /^(Time: |Opening a|Connection established|Stream successfully created|Buffer metrics|Using sample spec|Connected to device|pa_stream_update_timing_info)/

function readLine(text: string): AudioNews | undefined {
  const line = text.replaceAll('\u001B[K', '').trim()
  if (line === '' || NOISE.test(line)) return { kind: 'noise' }
  if (line.startsWith('Stream overrun')) return { kind: 'overrun' }
  if (line.startsWith('Stream underrun')) return { kind: 'underrun' }
  if (line.startsWith('Stream started')) return { kind: 'playing' }
  const to = /^Stream moved to device (\S+)/.exec(line)?.[1]
  return to === undefined ? undefined : { kind: 'moved', to }
}
