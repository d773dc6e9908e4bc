import type { DeviceServerType } from './Server.ts'
import { tiaServerType } from './tia/tiaServerType.ts'

/** Every server by its name in `nodeacq serve`. */
export const deviceServers: Readonly<Record<string, DeviceServerType>> = { tia: tiaServerType }
