import { existsSync } from 'node:fs'
import { DeviceError } from '@nodeacq/core'
import { parseAvfoundation, parseDshow, parseSources, type FfmpegDevice } from '../programs/ffmpegDevices.ts'
import { requireProgram } from '../programs/findProgram.ts'
import { runProgram } from '../programs/runProgram.ts'
import {
  AUDIO_FORMATS,
  DEFAULT_DEVICE,
  type AudioBackend,
  type AudioDeviceSpec,
  type AudioFormat,
  type AudioNews
} from './AudioBackend.ts'

/** ms that Windows gathers before it hands samples on. */
const DSHOW_BUFFER = 20
/** ms that PulseAudio keeps to play; ffmpeg's own choice are 2000. */
const PULSE_BUFFER = 80

/** What ffmpeg calls the devices of a system, and how it is told which. */
interface System {
  readonly name: string
  list(ffmpeg: string): Promise<{ inputs: readonly FfmpegDevice[]; outputs: readonly FfmpegDevice[] }>
  input(device: string, format: AudioFormat): readonly string[]
  /** undefined where ffmpeg plays nothing. */
  output?(device: string): readonly string[]
}

const listOf = async (ffmpeg: string, ...args: string[]): Promise<string> => {
  const { stdout, stderr } = await runProgram({ file: ffmpeg, args: ['-hide_banner', ...args] })
  return `${stdout}\n${stderr}`
}

/** Sound cards, and the default that they are behind; the other names of ALSA are plug-ins. */
async function alsaDevices(ffmpeg: string, which: '-sources' | '-sinks'): Promise<FfmpegDevice[]> {
  // To list without a card would only start the plug-ins.
  if (!existsSync('/proc/asound/cards')) return []
  const devices = parseSources(await listOf(ffmpeg, which, 'alsa'))
  return devices.filter(({ name }) => name === 'default' || /^(hw|plughw|sysdefault):/.test(name))
}

const layout = ({ sampleRate, channelCount }: AudioFormat): string[] => [
  '-sample_rate',
  `${sampleRate}`,
  '-channels',
  `${channelCount}`
]

/** The systems of ffmpeg for each platform, the better first. */
const SYSTEMS: Readonly<Partial<Record<NodeJS.Platform, readonly System[]>>> = {
  linux: [
    {
      name: 'pulse',
      list: async (ffmpeg) => ({
        inputs: parseSources(await listOf(ffmpeg, '-sources', 'pulse')),
        outputs: parseSources(await listOf(ffmpeg, '-sinks', 'pulse'))
      }),
      input: (device, format) => {
        const fragment = format.chunkSize * format.channelCount * AUDIO_FORMATS[format.format].byteLength
        return ['-f', 'pulse', '-fragment_size', `${fragment}`, ...layout(format), '-i', device]
      },
      output: (device) => ['-f', 'pulse', '-buffer_duration', `${PULSE_BUFFER}`, '-device', device, 'nodeacq']
    },
    {
      name: 'alsa',
      list: async (ffmpeg) => ({
        inputs: await alsaDevices(ffmpeg, '-sources'),
        outputs: await alsaDevices(ffmpeg, '-sinks')
      }),
      input: (device, format) => ['-f', 'alsa', ...layout(format), '-i', device],
      output: (device) => ['-f', 'alsa', device]
    }
  ],
  darwin: [
    {
      name: 'avfoundation',
      list: async (ffmpeg) => ({
        inputs: parseAvfoundation(await listOf(ffmpeg, '-f', 'avfoundation', '-list_devices', 'true', '-i', '')).audio,
        // AudioToolbox has no list that ffmpeg gives without playing; its default is what nearly everybody wants.
        outputs: [{ name: DEFAULT_DEVICE, description: "the system's default", isDefault: true }]
      }),
      input: (device) => ['-f', 'avfoundation', '-i', `:${device}`],
      output: () => ['-f', 'audiotoolbox', '-']
    }
  ],
  win32: [
    {
      name: 'dshow',
      list: async (ffmpeg) => ({
        inputs: parseDshow(await listOf(ffmpeg, '-list_devices', 'true', '-f', 'dshow', '-i', 'dummy')).audio,
        outputs: []
      }),
      input: (device, format) => [
        '-f',
        'dshow',
        '-audio_buffer_size',
        `${DSHOW_BUFFER}`,
        ...layout(format),
        '-i',
        `audio=${device}`
      ]
    }
  ]
}

/** ffmpeg would otherwise read for seconds to find out what it is told anyway. */
const AT_ONCE = ['-probesize', '32', '-analyzeduration', '0']
const QUIETLY = ['-hide_banner', '-nostats', '-loglevel', 'warning']

/**
 * The audio devices that ffmpeg reaches: PulseAudio or ALSA on Linux, AVFoundation on macOS, DirectShow on Windows (where it
 * cannot play).
 *
 * @throws {MissingPackageError} @throws {DeviceError} on other systems
 */
export async function openFfmpegBackend(subject: string): Promise<AudioBackend> {
  const ffmpeg = await requireProgram('ffmpeg', subject)
  const systems = SYSTEMS[process.platform]
  if (systems === undefined) throw new DeviceError(`${subject}: no audio on ${process.platform}`)
  const { system, inputs, outputs } = await firstWithDevices(systems, ffmpeg)

  return {
    name: 'ffmpeg',
    tail: 2 * PULSE_BUFFER,
    devices: () => Promise.resolve(devicesOf(system.name, inputs, outputs)),
    capture: ({ name }, format) => ({
      file: ffmpeg,
      args: [...QUIETLY, '-nostdin', ...AT_ONCE, ...system.input(name, format), ...pcm(format), 'pipe:1']
    }),
    playback: ({ name }, format) => {
      if (system.output === undefined) throw new DeviceError(`${subject}: ffmpeg cannot play by ${system.name}`)
      return { file: ffmpeg, args: [...QUIETLY, ...AT_ONCE, ...pcm(format), '-i', 'pipe:0', ...system.output(name)] }
    },
    readLine
  }
}

/** One after the other: the list of ALSA starts every plug-in that ALSA knows. */
async function firstWithDevices(
  systems: readonly System[],
  ffmpeg: string
): Promise<{ system: System; inputs: readonly FfmpegDevice[]; outputs: readonly FfmpegDevice[] }> {
  for (const system of systems) {
    const { inputs, outputs } = await system.list(ffmpeg)
    if (inputs.length + outputs.length > 0) return { system, inputs, outputs }
  }
  return { system: systems[0]!, inputs: [], outputs: [] }
}

const pcm = ({ format, sampleRate, channelCount }: AudioFormat): string[] => [
  '-f',
  AUDIO_FORMATS[format].ffmpeg,
  '-ar',
  `${sampleRate}`,
  '-ac',
  `${channelCount}`
]

function devicesOf(
  hostApi: string,
  inputs: readonly FfmpegDevice[],
  outputs: readonly FfmpegDevice[]
): Awaited<ReturnType<AudioBackend['devices']>> {
  const names = new Set([...inputs, ...outputs].map(({ name }) => name))
  const devices = [...names].map((name, index): AudioDeviceSpec => {
    const input = inputs.find((device) => device.name === name)
    const output = outputs.find((device) => device.name === name)
    return {
      index,
      name,
      description: (input ?? output)!.description,
      hostApi,
      // ffmpeg does not say how many; it asks the device when it opens it.
      maxInputChannels: input ? MOST_CHANNELS : 0,
      maxOutputChannels: output ? MOST_CHANNELS : 0,
      defaultSampleRate: null,
      channelNames: []
    }
  })
  const first = (list: readonly FfmpegDevice[]) => (list.find(({ isDefault }) => isDefault) ?? list[0])?.name
  return { devices, defaultInput: first(inputs), defaultOutput: first(outputs) }
}

const MOST_CHANNELS = 64

function readLine(line: string): AudioNews | undefined {
  if (/ALSA buffer xrun/.test(line)) return { kind: 'overrun' }
  if (/Guessed Channel Layout|deprecated|Queue input is backward/.test(line)) return { kind: 'noise' }
  if (/real-time buffer .*too full|frame dropped/.test(line)) return { kind: 'overrun' }
  return undefined
}
