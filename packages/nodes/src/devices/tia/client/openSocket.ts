import { connect, type Socket } from 'node:net'
import { DeviceError } from '@nodeacq/core'

export interface SocketPlace {
  readonly host: string
  readonly port: number
  /** ms to wait for the connection. */
  readonly timeout: number
  /** Begins messages. */
  readonly subject: string
}

/** A connection over TCP. @throws {DeviceError} */
export async function openSocket({ host, port, timeout, subject }: SocketPlace): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true })
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
      socket.setTimeout(timeout, () => reject(new Error(`no connection within ${timeout} ms`)))
    })
  } catch (cause) {
    socket.destroy()
    throw new DeviceError(`${subject}: no connection to ${host}:${port}: ${(cause as Error).message}`, { cause })
  }
  return socket.setTimeout(0).setKeepAlive(true, 10_000)
}
