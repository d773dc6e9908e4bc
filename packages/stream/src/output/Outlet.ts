import type { NdArray } from '@nodeacq/ndarray'
import { withAdvertisedHost } from '@nodeacq/zmq'
import { wallClock } from '../clock/WallClock.ts'
import { Hub } from '../delivery/Hub.ts'
import { publishLocally, withdrawLocally } from '../delivery/localHubs.ts'
import { Publisher } from '../delivery/Publisher.ts'
import { totalBytes } from '../delivery/RetentionLog.ts'
import { report } from '../log.ts'
import { DEFAULTS } from '../params.ts'
import type { OutputOptions, StreamInfo } from '../params.ts'
import { chunkMessage } from '../transfer/chunkMessage.ts'
import type { DirectoryWriter } from '../transfer/DirectoryWriter.ts'
import { SideServer } from '../side/SideServer.ts'
import { advertisedHost, bindAddresses, isExposed, publishedPlace } from './addresses.ts'
import { DEFAULT_RETENTION } from './retention.ts'
import { removeSocketFile, socketFiles } from './socketFiles.ts'

/** ms between two announcements of the head. */
const HEAD_INTERVAL = 1000

/** A chunk that goes out: samples `[start, end)`. */
export interface OutgoingChunk {
  readonly data: NdArray
  readonly start: number
  readonly end: number
}

export interface OutletOptions {
  /** ms without any sign of life after which an input counts as dead. */
  readonly lease: number
  /** Messages that wait for one slow PUB/SUB input before its next ones are dropped; 0 is no limit. */
  readonly highWaterMark: number
  /** Host name or address that peers are given in place of a wildcard. */
  readonly advertise: string | undefined
  /** For messages: whose stream this is. */
  readonly subject: string
  /** Name of the pipe, for inproc. */
  readonly pipe: string
}

/** Where the chunks of an output go: its sockets, or its entry in the registry of this process, and the hub. */
export class Outlet {
  readonly hub: Hub
  /** `interface` and `port` as peers need them. */
  readonly place: Pick<StreamInfo, 'interface' | 'port'>
  /** Address of the side channel as peers need it; none within one process. */
  readonly side: string | undefined
  readonly #publisher: Publisher | undefined
  readonly #server: SideServer | undefined
  readonly #heads: NodeJS.Timeout
  readonly #files: readonly string[]

  private constructor(at: {
    hub: Hub
    place: Pick<StreamInfo, 'interface' | 'port'>
    side?: string
    publisher?: Publisher
    server?: SideServer
    files?: readonly string[]
  }) {
    this.hub = at.hub
    this.place = at.place
    this.side = at.side
    this.#publisher = at.publisher
    this.#server = at.server
    this.#files = at.files ?? []
    this.#heads = setInterval(() => {
      at.hub.announceHead()
    }, HEAD_INTERVAL)
    this.#heads.unref()
  }

  /** @throws {AddressInUseError} @throws {AddressError} */
  static async open(info: StreamInfo, options: OutletOptions): Promise<Outlet> {
    const { lease, advertise, highWaterMark, subject, pipe } = options
    wallClock.start()
    const hub = new Hub({ flow: info.flow, retention: { ...DEFAULT_RETENTION, samples: Infinity } })
    if (info.protocol === 'inproc') {
      publishLocally(pipe, hub)
      return new Outlet({ hub, place: { interface: pipe, port: `//${pipe}` } })
    }
    const addresses = bindAddresses(info)
    const host = advertisedHost(info, advertise)
    if (isExposed(addresses)) report('warning', `${subject}: ${addresses.data} is open to other machines, unencrypted`)
    const { publisher, address } = await Publisher.bind(addresses.data, highWaterMark)
    try {
      const server = await SideServer.bind(addresses.side, { hub, publisher, lease, subject })
      const place = publishedPlace(withAdvertisedHost(address, host))
      const files = socketFiles(addresses)
      return new Outlet({ hub, place, side: withAdvertisedHost(server.address, host), publisher, server, files })
    } catch (error) {
      publisher.close()
      throw error
    }
  }

  /** What may change as long as nothing was sent. */
  adjust(info: StreamInfo, retention: OutputOptions['retention']): void {
    // In a mode with a ring the messages only point into it; it is what is kept.
    const samples = info.bufferSize > 0 && info.transferMode !== DEFAULTS.transferMode ? info.bufferSize : Infinity
    this.hub.flow = info.flow
    this.hub.clock.sampleRate = info.accounting === 'none' ? 0 : info.sampleRate
    this.hub.retention = { ...DEFAULT_RETENTION, ...retention, samples }
  }

  /** Subscriptions to everything on the data socket. */
  get subscribers(): number {
    return this.#publisher?.subscribers ?? 0
  }

  /** Nodeacq's inputs and pyacq's. */
  get consumerCount(): number {
    return this.hub.consumers.filter(({ service, seat }) => service !== 'live' || seat).length + this.subscribers
  }

  /** Sends a chunk to whoever shall have it; what comes back is to be awaited where it is something. */
  deliver({ data, start, end }: OutgoingChunk, frames: readonly Uint8Array[] | undefined): Promise<void> | undefined {
    const bytes = frames ? totalBytes(frames) : data.byteLength
    const content = { frames, data: frames ? undefined : data }
    const at = performance.now()
    this.hub.publish({ kind: 'chunk', run: this.hub.run, start, index: end, bytes, at, ...content })
    if (this.#publisher === undefined || this.#publisher.subscribers === 0 || frames === undefined) return undefined
    return this.#publisher.send(frames)
  }

  /** The same for a chunk that lies in the ring of `directory`: only pyacq's inputs need a message. */
  deliverInRing(directory: DirectoryWriter, { data, start, end }: OutgoingChunk): Promise<void> | undefined {
    this.hub.publishInRing(directory, { index: end, count: data.length, step: end - start }, performance.now())
    if (this.#publisher === undefined || this.#publisher.subscribers === 0) return undefined
    return this.#publisher.send([chunkMessage(end, data.length)])
  }

  /** Safe to call twice. What was sent still goes out for a second. */
  close(): void {
    clearInterval(this.#heads)
    this.hub.close()
    if (this.#server === undefined) withdrawLocally(this.place.interface)
    this.#publisher?.close()
    this.#server?.close()
    for (const file of this.#files) removeSocketFile(file)
  }
}
