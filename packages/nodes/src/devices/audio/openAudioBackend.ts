import { DeviceError, MissingPackageError } from '@nodeacq/core'
import type { AudioBackend, AudioDevices } from './AudioBackend.ts'
import { openFfmpegBackend } from './ffmpegBackend.ts'
import { openPulseBackend } from './pulseBackend.ts'

/** `pulse`: parec and pacat; `ffmpeg`: whatever ffmpeg reaches; `auto`: the first of these that has devices. */
export const AUDIO_BACKENDS = ['auto', 'pulse', 'ffmpeg'] as const
export type AudioBackendName = (typeof AUDIO_BACKENDS)[number]

export interface OpenAudio {
  readonly backend: AudioBackend
  readonly list: AudioDevices
}

/**
 * The way to this system's audio devices, and what there is.
 *
 * @throws {MissingPackageError} where no program for audio is installed. @throws {DeviceError} where there is no device
 */
export async function openAudioBackend(subject: string, wanted: AudioBackendName = 'auto'): Promise<OpenAudio> {
  const isLinux = process.platform === 'linux'
  const names = wanted === 'auto' ? (isLinux ? (['pulse', 'ffmpeg'] as const) : (['ffmpeg'] as const)) : [wanted]
  const problems: Error[] = []
  for (const name of names) {
    try {
      const backend = await (name === 'pulse' ? openPulseBackend : openFfmpegBackend)(subject)
      const list = await backend.devices()
      if (list.devices.length > 0) return { backend, list }
      problems.push(new DeviceError(`${subject}: ${name} lists no audio devices`))
    } catch (error) {
      if (!(error instanceof MissingPackageError || error instanceof DeviceError)) throw error
      problems.push(error)
    }
  }
  const [first] = problems
  if (problems.length === 1 || problems.every((problem) => problem instanceof MissingPackageError)) throw first!
  const reasons = problems.map(({ message }) => message.replace(`${subject}: `, ''))
  throw new DeviceError(`${subject}: no audio: ${reasons.join('; ')}`, { cause: first })
}
