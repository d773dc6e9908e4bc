import { mw75ServerType } from './mw75/mw75ServerType.ts'
import type { DeviceServerType } from './Server.ts'
import { tiaServerType } from './tia/tiaServerType.ts'

/** Every server by its name in `nodeacq serve`. */
export const deviceServers: Readonly<Record<string, DeviceServerType>> = {
  mw75: mw75ServerType,
  tia: tiaServerType
}
