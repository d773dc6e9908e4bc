import { cameraDevices } from '../camera/cameraDevices.ts'
import { discover, type Discovery } from './FoundDevice.ts'

/** Cameras. Never rejects. */
export function listCameras(): Promise<Discovery> {
  return discover('camera', async () => {
    const cameras = await cameraDevices('cameras')
    return cameras.map(({ name, description }) => ({
      kind: 'camera',
      name,
      description,
      type: 'Camera',
      configure: { cameraName: name }
    }))
  })
}
