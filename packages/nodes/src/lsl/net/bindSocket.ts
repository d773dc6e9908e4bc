import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Server } from 'node:net'
import { DeviceError } from '@nodeacq/core'
import type { LslSettings } from '../settings/LslSettings.ts'

/** A UDP socket on the first free port of the range, or any. @throws {DeviceError} when there is none */
export async function bindUdp(host: string, settings: LslSettings): Promise<Socket> {
  return await firstFree(settings, async (port) => {
    const socket = createSocket('udp4')
    try {
      socket.bind(port, host)
      await once(socket, 'listening')
      return socket
    } catch (error) {
      socket.close()
      throw error
    }
  })
}

/** Lets a server listen on the first free port of the range, or any. @throws {DeviceError} when there is none */
export async function listenTcp(server: Server, host: string, settings: LslSettings): Promise<void> {
  await firstFree(settings, async (port) => {
    server.listen(port, host)
    await once(server, 'listening')
  })
}

async function firstFree<T>(settings: LslSettings, attempt: (port: number) => Promise<T>): Promise<T> {
  const { basePort, portRange, allowRandomPorts } = settings
  let failure: unknown
  for (let port = basePort; port < basePort + portRange + Number(allowRandomPorts); port++) {
    try {
      return await attempt(port < basePort + portRange ? port : 0)
    } catch (error) {
      failure = error
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') break
    }
  }
  const reason = failure instanceof Error ? failure.message : 'no port is allowed'
  throw new DeviceError(`LSL: no free port from ${basePort} to ${basePort + portRange - 1}: ${reason}`, {
    cause: failure
  })
}
