import type { Discovery } from './FoundDevice.ts'
import { listAudioDevices } from './listAudioDevices.ts'
import { listCameras } from './listCameras.ts'
import { listHidDevices } from './listHidDevices.ts'
import { listLocalServers } from './listLocalServers.ts'
import { listSerialPorts } from './listSerialPorts.ts'

/** Everything that is plugged in or answers on this machine, by kind. Never rejects. */
export function listDevices(): Promise<Discovery[]> {
  return Promise.all([listSerialPorts(), listHidDevices(), listAudioDevices(), listCameras(), listLocalServers()])
}
