import type { DeviceServerType } from './Server.ts'

/** Every server by its name in `nodeacq serve`. */
export const deviceServers: Readonly<Record<string, DeviceServerType>> = {}
