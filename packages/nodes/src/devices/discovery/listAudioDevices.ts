import { openAudioBackend } from '../audio/openAudioBackend.ts'
import { discover, type Discovery, type FoundDevice } from './FoundDevice.ts'

/** Audio devices, one entry for each direction. Never rejects. */
export function listAudioDevices(): Promise<Discovery> {
  return discover('audio', async () => {
    const { list } = await openAudioBackend('sound')
    return list.devices.flatMap(({ name, description, maxInputChannels, maxOutputChannels }): FoundDevice[] => {
      const found = { kind: 'audio', name, type: 'AudioDevice' } as const
      return [
        ...(maxInputChannels > 0
          ? [{ ...found, description: `records: ${description}`, configure: { inputDevice: name } }]
          : []),
        ...(maxOutputChannels > 0
          ? [{ ...found, description: `plays: ${description}`, configure: { outputDevice: name } }]
          : [])
      ]
    })
  })
}
