import { createSocket } from 'node:dgram'
import { DeviceError } from '@nodeacq/core'
import { decodePacket, PacketReader } from '../TiaPacket.ts'
import { openSocket } from './openSocket.ts'
import type { PacketQueue } from './PacketQueue.ts'

/** Packets that may wait; from then on the server is kept waiting, or datagrams are thrown away. */
const MAX_WAITING = 4096

export interface PacketSourceOptions {
  /** ms to wait for the connection. */
  readonly timeout: number
  readonly subject: string
  /** Bytes that a packet may have. */
  readonly maxPacket: number
  readonly queue: PacketQueue
  /** Called for datagrams that are no packets. */
  readonly onBad: (error: Error) => void
}

/** Where packets come from. */
export interface PacketSource {
  close(): void
}

/** A data connection over TCP. @throws {DeviceError} */
export async function openTcpSource(host: string, port: number, options: PacketSourceOptions): Promise<PacketSource> {
  const { subject, queue, maxPacket } = options
  const socket = await openSocket({ host, port, ...options })
  const reader = new PacketReader({ maxSize: maxPacket })
  const lose = (reason: string): void => {
    queue.end(new DeviceError(`${subject}: data connection: ${reason}`))
    socket.destroy()
  }
  socket.on('data', (bytes) => {
    try {
      for (const packet of reader.push(bytes as Buffer)) queue.push(packet)
    } catch (error) {
      lose((error as Error).message)
    }
    if (queue.length > MAX_WAITING) socket.pause()
  })
  queue.onTaken = () => void socket.resume()
  socket.on('error', (error) => lose(error.message))
  socket.on('close', () => lose('the server has closed it'))
  return { close: () => void socket.destroy() }
}

/** Datagrams that the server sends to its subnet; those of others are not taken. @throws {DeviceError} */
export async function openUdpSource(server: string, port: number, options: PacketSourceOptions): Promise<PacketSource> {
  const { subject, queue, maxPacket, onBad } = options
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  socket.on('message', (bytes, { address }) => {
    if (address !== server || queue.length > MAX_WAITING) return
    try {
      queue.push(decodePacket(bytes, maxPacket))
    } catch (error) {
      onBad(error as Error)
    }
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (cause) =>
      reject(new DeviceError(`${subject}: cannot listen on port ${port} for UDP: ${cause.message}`, { cause }))
    )
    socket.bind(port, resolve)
  })
  socket.on('error', (error) => queue.end(new DeviceError(`${subject}: UDP: ${error.message}`)))
  return { close: () => void socket.close() }
}
