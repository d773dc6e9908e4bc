import { setTimeout as sleep } from 'node:timers/promises'
import { AddressInUseError, ZmqSocket } from '@nodeacq/zmq'
import { uniformNumbers } from '../../uniformNumbers.ts'
import { numberOf, type Fault } from '../faults.ts'

/** Faults of what publishes messages. */
export const PUBLISHER_FAULTS = {
  drop: 'end every connection at once; it can be made again',
  refuseConnection: 'end every connection, and refuse new ones for =<s> (default 5)',
  halfOpen: 'keep connections open, but send nothing and answer nothing, for =<s> (default 5)',
  slowStart: 'after the next connection, send nothing for =<s> (default 2)',
  delay: 'send everything =<ms> later (default 200; 0 ends it)',
  garbage: 'send =<n> messages (default 3) that mean nothing',
  corrupt: 'change one bit in each of the next =<n> messages (default 1)',
  cut: 'cut each of the next =<n> messages (default 1) at a random place'
} as const

/** ms between attempts to take the port back. */
const RETRY = 20

/**
 * A PUB socket with faults on it. Subscribers get what is sent from when they have come; like the GUI's, it drops what a
 * slow one does not take.
 */
export class Publisher {
  /** Called with each subscriber. */
  onSubscriber: (() => void) | undefined
  readonly #random: () => number
  #queue: { readonly frames: readonly Uint8Array[]; readonly due: number }[] = []
  #timer: NodeJS.Timeout | undefined
  #socket: ZmqSocket | undefined
  #isClosed = false
  #reopening: Promise<void> = Promise.resolve()
  #silentUntil = -Infinity
  #start = 0
  #delay = 0
  #toCorrupt = 0
  #toCut = 0
  subscribers = 0

  private constructor(seed: number) {
    this.#random = uniformNumbers(seed)
  }

  /** @throws {AddressInUseError} */
  static async open(address: string, seed = 1): Promise<{ publisher: Publisher; address: string }> {
    const publisher = new Publisher(seed)
    return { publisher, address: await publisher.#open(address) }
  }

  /** What comes in has to be ignored. */
  get isDeaf(): boolean {
    return performance.now() < this.#silentUntil || this.#socket === undefined
  }

  /** Takes the frames over: they may leave later. */
  send(frames: readonly Uint8Array[]): void {
    const now = performance.now()
    if (now < this.#silentUntil) return
    this.#queue.push({ frames: this.#spoil(frames), due: now + this.#delay })
    if (this.#timer === undefined) this.#drain()
  }

  /** Whether the fault is one of these, and now happens. @param address where to listen again */
  inject(fault: Fault, address: string): boolean {
    switch (fault.kind) {
      case 'drop':
        this.#reopen(address, 0)
        return true
      case 'refuseConnection':
        this.#reopen(address, numberOf(fault, 5) * 1000)
        return true
      case 'halfOpen':
        this.#silentUntil = performance.now() + numberOf(fault, 5) * 1000
        return true
      case 'slowStart':
        this.#start = numberOf(fault, 2) * 1000
        return true
      case 'delay':
        this.#delay = numberOf(fault, 200)
        return true
      case 'garbage':
        for (let k = 0; k < numberOf(fault, 3); k++) this.#sendNow(this.#garbage(k))
        return true
      case 'corrupt':
        this.#toCorrupt += numberOf(fault, 1)
        return true
      case 'cut':
        this.#toCut += numberOf(fault, 1)
        return true
      default:
        return false
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#queue = []
    this.#socket?.close()
    await this.#reopening
  }

  async #open(address: string): Promise<string> {
    const socket = new ZmqSocket('xpub')
    try {
      const real = await socket.bind(address)
      this.#socket = socket
      void this.#watch(socket)
      return real
    } catch (error) {
      socket.close()
      throw error
    }
  }

  async #watch(socket: ZmqSocket): Promise<void> {
    for await (const [frame] of socket) {
      if (frame?.[0] !== 1) continue
      this.subscribers += 1
      if (this.#start > 0) {
        this.#silentUntil = performance.now() + this.#start
        this.#start = 0
      }
      this.onSubscriber?.()
    }
  }

  #reopen(address: string, pause: number): void {
    this.#socket?.close()
    this.#socket = undefined
    const until = performance.now() + pause
    this.#reopening = this.#reopening.then(async () => {
      while (!this.#isClosed && this.#socket === undefined) {
        await sleep(RETRY)
        if (performance.now() < until || this.#isClosed) continue
        // The port is free again a moment after its socket was closed.
        await this.#open(address).catch((error: unknown) => {
          if (!(error instanceof AddressInUseError)) throw error
        })
      }
      if (this.#isClosed) this.#socket?.close()
    })
  }

  #sendNow(frames: readonly Uint8Array[]): void {
    const socket = this.#socket
    socket?.send(frames).catch((error: unknown) => {
      if (!socket.closed) throw error
    })
  }

  /** What is sent later stays in its order. */
  #drain(): void {
    this.#timer = undefined
    const now = performance.now()
    while (this.#queue.length > 0 && this.#queue[0]!.due <= now) this.#sendNow(this.#queue.shift()!.frames)
    const [next] = this.#queue
    if (next !== undefined) this.#timer = setTimeout(() => this.#drain(), next.due - now)
  }

  #spoil(frames: readonly Uint8Array[]): readonly Uint8Array[] {
    if (this.#toCorrupt > 0) {
      this.#toCorrupt -= 1
      return this.#changeOne(frames, (frame) => {
        const changed = frame.slice()
        const at = Math.floor(this.#random() * frame.length)
        changed[at]! ^= 1 << Math.floor(this.#random() * 8)
        return changed
      })
    }
    if (this.#toCut > 0) {
      this.#toCut -= 1
      return this.#changeOne(frames, (frame) => frame.subarray(0, Math.floor(this.#random() * frame.length)))
    }
    return frames
  }

  #changeOne(frames: readonly Uint8Array[], change: (frame: Uint8Array) => Uint8Array): Uint8Array[] {
    const which = Math.floor(this.#random() * frames.length)
    return frames.map((frame, k) => (k === which ? change(frame) : frame))
  }

  #garbage(k: number): Uint8Array[] {
    const bytes = Uint8Array.from({ length: 20 }, () => this.#random() * 256)
    return [
      [bytes],
      [Buffer.from('DATA\0'), bytes],
      [Buffer.from('DATA\0'), Buffer.from('{"type":"data"'), bytes, bytes]
    ][k % 3]!
  }
}
