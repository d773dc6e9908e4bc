import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { MessageReader, type TiaMessage } from '../../src/devices/tia/controlMessages.ts'
import type { TiaMetaInfo } from '../../src/devices/tia/metaInfo.ts'
import { TiaService, type TiaServiceOptions } from '../../src/devices/tia/server/TiaService.ts'
import type { TiaBlock } from '../../src/devices/tia/TiaPacket.ts'
import { TiaSignalClient, type TiaSignalClientOptions } from '../../src/index.ts'

/** The signals of the capture of libtia's server. */
export const META: TiaMetaInfo = {
  subject: { id: 'P01', firstName: 'Ada', surname: 'L' },
  master: { sampleRate: 100, blockSize: 2 },
  signals: [
    { bit: 0, type: 'eeg', sampleRate: 100, blockSize: 2, channels: ['Fz', 'Cz', 'Pz'] },
    { bit: 1, type: 'emg', sampleRate: 200, blockSize: 4, channels: ['l', 'r'] },
    { bit: 16, type: 'user1', sampleRate: 50, blockSize: 1, channels: ['u'] }
  ]
}

/** What libtia's server sent in its packet `n`, from 0. */
export function blocksOf(n: number): TiaBlock[] {
  return [
    block(0, 3, 2, (channel, k) => 1000 * (channel + 1) + 2 * n + k),
    block(1, 2, 4, (channel, k) => -1000 * (channel + 1) - (4 * n + k)),
    block(16, 1, 1, () => 0.5 * n)
  ]
}

export function block(
  bit: number,
  channels: number,
  blockSize: number,
  value: (channel: number, k: number) => number
): TiaBlock {
  const data = Float32Array.from({ length: channels * blockSize }, (_, at) =>
    value(Math.floor(at / blockSize), at % blockSize)
  )
  return { bit, channels, blockSize, data }
}

export function startService(options: Partial<TiaServiceOptions> = {}): Promise<TiaService> {
  return TiaService.listen({ meta: META, port: 0, udpPort: 0, ...options })
}

/** A client with its control connection. */
export async function connectClient(
  { port }: { readonly port: number },
  options: TiaSignalClientOptions = {}
): Promise<TiaSignalClient> {
  const client = new TiaSignalClient({ port, ...options })
  await client.connect()
  return client
}

/** A connection that sends text and tells the messages that come back. */
export class RawControl implements AsyncDisposable {
  readonly socket: Socket
  readonly #messages: TiaMessage[] = []
  #received = 0

  private constructor(socket: Socket) {
    this.socket = socket
    const reader = new MessageReader()
    socket.on('data', (bytes) => {
      this.#messages.push(...reader.push(bytes as Buffer))
      socket.emit('messages')
    })
    socket.on('error', () => {})
  }

  static async open(port: number): Promise<RawControl> {
    const socket = connect({ port, host: '127.0.0.1' })
    await once(socket, 'connect')
    return new RawControl(socket)
  }

  /** The answer to what is sent. */
  async ask(text: string | Uint8Array): Promise<TiaMessage> {
    this.socket.write(text)
    while (this.#messages.length === this.#received) await once(this.socket, 'messages')
    return this.#messages[this.#received++]!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.closed) return
    this.socket.destroy()
    await once(this.socket, 'close')
  }
}
