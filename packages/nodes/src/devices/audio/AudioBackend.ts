import type { ProgramCall } from '../programs/DeviceProgram.ts'

/** Numbers of samples on the wire to a program: little-endian PCM, interleaved. */
export const AUDIO_FORMATS = {
  int16: { byteLength: 2, fullScale: 2 ** 15, ffmpeg: 's16le', pulse: 's16le' },
  int32: { byteLength: 4, fullScale: 2 ** 31, ffmpeg: 's32le', pulse: 's32le' },
  float32: { byteLength: 4, fullScale: 1, ffmpeg: 'f32le', pulse: 'float32le' }
} as const

export type AudioFormatName = keyof typeof AUDIO_FORMATS

/** How samples are wanted, or given. */
export interface AudioFormat {
  /** Hz, an integer. */
  readonly sampleRate: number
  readonly channelCount: number
  readonly format: AudioFormatName
  /** Samples in each chunk. */
  readonly chunkSize: number
}

/** A device of the system; the keys are those of PyAudio's device specs. */
export interface AudioDeviceSpec {
  /** Place in the list, which changes when devices come and go; the name does not. */
  readonly index: number
  readonly name: string
  readonly description: string
  /** Which of the system's audio interfaces it was found by: `pulse`, `alsa`, `avfoundation`, `dshow`. */
  readonly hostApi: string
  /** 0 for a device that cannot record. */
  readonly maxInputChannels: number
  /** 0 for a device that cannot play. */
  readonly maxOutputChannels: number
  /** Hz; null where the system does not say. */
  readonly defaultSampleRate: number | null
  /** Names of its channels, where the system says them. */
  readonly channelNames: readonly string[]
}

export interface AudioDevices {
  readonly devices: readonly AudioDeviceSpec[]
  /** Name of the system's default device; undefined when there is none. */
  readonly defaultInput: string | undefined
  readonly defaultOutput: string | undefined
}

/** What a program says of its stream. `noise` means nothing. */
export type AudioNews =
  | { readonly kind: 'noise' | 'overrun' | 'underrun' | 'playing' }
  /** The system has put another device in the place of the one that was asked for. */
  | { readonly kind: 'moved'; readonly to: string }

/** One way to the audio devices of a system. */
export interface AudioBackend {
  readonly name: string
  /** @throws {DeviceError} when the system does not answer. */
  devices(): Promise<AudioDevices>
  /** The program that writes the samples of `device` to its standard output. */
  capture(device: AudioDeviceSpec, format: AudioFormat): ProgramCall
  /** The program that plays what it reads. @throws {DeviceError} where the system has none. */
  playback(device: AudioDeviceSpec, format: AudioFormat): ProgramCall
  /** ms of silence that its player must be given at the end, since it throws away what it has not played by then. */
  readonly tail: number
  /** What a line of the program's standard error means; undefined for a text that only people understand. */
  readLine(line: string): AudioNews | undefined
}

/** The name under which every system's own choice of a device is listed. */
export const DEFAULT_DEVICE = 'default'
