import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { isLoopbackHost } from '../../../isLoopbackHost.ts'
import { packetSize } from '../TiaPacket.ts'
import type { OutgoingPacket } from './OutgoingPacket.ts'

/** Bytes of a datagram over IPv4. */
const MAX_DATAGRAM = 65_507

/** Sends packets to whole subnets, one per datagram: all clients of one share them. */
export class UdpBroadcast {
  readonly port: number
  readonly #socket: Socket
  /** Clients that have started, by the address that their subnet is sent to. */
  readonly #targets = new Map<string, number>()
  #number = 0
  /** Packets that were too large, or that the system did not take. */
  dropped = 0

  private constructor(socket: Socket, port: number) {
    this.#socket = socket
    this.port = port
  }

  /** @param host of the server, from which packets come; @param port that clients listen on; 0: one that is free here */
  static async open(host: string, port: number): Promise<UdpBroadcast> {
    const socket = createSocket('udp4')
    if (isLoopbackHost(host)) socket.bind(0, '127.0.0.1')
    else socket.bind(0, isIPv4(host) ? host : undefined)
    await once(socket, 'listening')
    socket.on('error', () => {})
    socket.setBroadcast(true)
    return new UdpBroadcast(socket, port === 0 ? await freePort() : port)
  }

  get isSending(): boolean {
    return this.#targets.size > 0
  }

  start(target: string): void {
    this.#targets.set(target, (this.#targets.get(target) ?? 0) + 1)
  }

  stop(target: string): void {
    const count = (this.#targets.get(target) ?? 0) - 1
    if (count > 0) this.#targets.set(target, count)
    else this.#targets.delete(target)
  }

  send(packet: OutgoingPacket): void {
    if (!this.isSending) return
    const number = this.#number++
    if (packetSize(packet.blocks) > MAX_DATAGRAM) {
      this.dropped += 1
      return
    }
    const bytes = packet.bytesFor(number)
    for (const target of this.#targets.keys()) {
      for (let copy = 0; copy < packet.copies; copy++) this.#send(bytes, target)
    }
  }

  #send(bytes: Uint8Array, target: string): void {
    this.#socket.send(bytes, this.port, target, (error) => {
      if (error !== null) this.dropped += 1
    })
  }

  skip(count: number): void {
    if (this.isSending) this.#number += count
  }

  close(): void {
    this.#targets.clear()
    this.#socket.close()
  }
}

/** Where all of the subnet of a local address listen; undefined where there is no such address. */
export function broadcastAddressOf(local: string): string | undefined {
  if (!isIPv4(local)) return undefined
  if (local.startsWith('127.')) return '127.255.255.255'
  const found = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.address === local)
  if (found === undefined) return undefined
  const mask = found.netmask.split('.').map(Number)
  return local
    .split('.')
    .map((part, k) => Number(part) | (255 - mask[k]!))
    .join('.')
}

/** Whether blocks of the announced sizes go into a datagram. */
export function fitsDatagram(
  signals: readonly { readonly channels: readonly string[]; readonly blockSize: number }[]
): boolean {
  const blocks = signals.map(({ channels, blockSize }) => ({ channels: channels.length, blockSize }))
  return packetSize(blocks) <= MAX_DATAGRAM
}

async function freePort(): Promise<number> {
  const probe = createSocket('udp4')
  probe.bind(0)
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  return port
}
