import { randomUUID } from 'node:crypto'
import type { RemoteInfo, Socket as UdpSocket } from 'node:dgram'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { hostname } from 'node:os'
import type { Duplex } from 'node:stream'
import { getLogger } from '@nodeacq/rpc'
import { checkListenHost } from '../../checkListenHost.ts'
import type { XmlElement } from '../../xml.ts'
import { rowBytesOf } from '../wire/SampleBatch.ts'
import type { LslFormat } from '../formats.ts'
import { LslFormatError } from '../LslError.ts'
import { StreamQuery } from '../query/StreamQuery.ts'
import type { LslSettings } from '../settings/LslSettings.ts'
import { readLslSettings } from '../settings/readLslSettings.ts'
import { encodeAnswer, parseQuestion, type LslQuestion } from '../wire/discovery.ts'
import { encodeShortInfo, infoElement, NO_DESC, type LslStreamInfo } from '../wire/streamInfo.ts'
import { encodeTimeAnswer, isTimeQuestion, parseTimeQuestion } from '../wire/timeData.ts'
import { bindUdp, listenTcp } from './bindSocket.ts'
import { encodeSamples, type FeedProtocol, type SampleValues } from './encodeSamples.ts'
import { FeedSession, type FeedSource } from './FeedSession.ts'
import { isOwnAddress } from './interfaces.ts'
import { lslClock } from './lslClock.ts'
import { Responder, type Findable } from './Responder.ts'

/** What an outlet offers. */
export interface LslStreamDescription {
  readonly name: string
  /** What it carries: `EEG`, `Markers` … Default none. */
  readonly type?: string
  readonly channelCount: number
  readonly channelFormat: LslFormat
  /** Hz; default 0: samples come when they come. */
  readonly nominalRate?: number
  /** The same after each start, so that who reads it finds it again. Default none. */
  readonly sourceId?: string
  /** Element `desc`: channels and whatever else. Default nothing. */
  readonly desc?: XmlElement
}

export interface LslStreamOutletOptions {
  /** Where it listens. Default 127.0.0.1: only this machine; others, such as 0.0.0.0, only with `insecure`. */
  readonly host?: string
  readonly insecure?: boolean
  /** Samples that wait for a client at most; default 360 s of them, of irregular streams 36 000. */
  readonly maxBuffered?: number
  /** Default: as `lsl_api.cfg` says. */
  readonly settings?: Partial<LslSettings>
  /** The clock of stamps, s. Default CLOCK_MONOTONIC, as in liblsl. */
  readonly clock?: () => number
  /** Lets simulators make things go wrong on its lines. */
  readonly faults?: OutletFaults
}

/** What stands between an outlet and the network, in a simulator. */
export interface OutletFaults {
  /** What takes the place of a connection; undefined: it is refused. */
  openLine(socket: Socket): Duplex | undefined
  /** Questions are not heard. */
  isDeaf(): boolean
}

/** What happened to an outlet, in numbers. */
export interface LslOutletCounters {
  clients: number
  /** Samples that clients did not get because they took them too slowly. */
  droppedSamples: number
  /** Requests that were none. */
  refusedRequests: number
}

/** Samples that wait for a client where nothing else is said: as in liblsl. */
const BUFFER_SECONDS = 360
const BUFFER_IRREGULAR = 36_000

/**
 * Offers one stream to programs of LSL, as a StreamOutlet of pylsl does: it is found by discovery, described, and sent to any number
 * of clients. Every chunk begins with a stamp of its own; what a slow client did not get is counted, and never misdates what comes
 * after.
 */
export class LslStreamOutlet implements Findable, AsyncDisposable {
  readonly info: LslStreamInfo
  readonly #server: Server
  readonly #service: UdpSocket
  readonly #host: string
  readonly #clock: () => number
  readonly #faults: OutletFaults | undefined
  readonly #query: StreamQuery
  readonly #source: FeedSource
  readonly #connections = new Set<Socket>()
  /** Of the clients that get samples. */
  readonly #sessions = new Set<FeedSession>()
  readonly #counts = { droppedSamples: 0, refusedRequests: 0 }
  readonly #rowBytes: number
  readonly #log = getLogger('nodeacq.lsl')
  #responder: Responder | undefined
  #isClosed = false

  private constructor(
    info: LslStreamInfo,
    sockets: { server: Server; service: UdpSocket },
    { host = '127.0.0.1', maxBuffered, clock = lslClock, faults }: LslStreamOutletOptions
  ) {
    this.info = info
    this.#server = sockets.server
    this.#service = sockets.service
    this.#host = host
    this.#clock = clock
    this.#faults = faults
    this.#query = new StreamQuery(infoElement(info))
    this.#rowBytes = rowBytesOf({ ...info, format: info.channelFormat })
    const { nominalRate } = info
    this.#source = {
      info,
      query: this.#query,
      maxBuffered: maxBuffered ?? (nominalRate > 0 ? Math.ceil(nominalRate * BUFFER_SECONDS) : BUFFER_IRREGULAR),
      accepted: (session) => this.#accept(session),
      dropped: (samples) => this.#drop(samples),
      refused: (reason) => {
        this.#counts.refusedRequests += 1
        this.#log.debug(`LSL outlet '${info.name}': refused: ${reason}`)
      }
    }
    this.#server.on('connection', (socket) => this.#connect(socket))
    this.#service.on('message', (datagram, from) => this.#serve(datagram, from))
    this.#service.on('error', (error) => this.#log.debug(`LSL outlet '${info.name}': ${error.message}`))
  }

  /**
   * Opens an outlet; it can be found when this resolves.
   * @throws {DeviceError} when there is no port for it. @throws {ConfigError} for a host beyond loopback without `insecure`
   */
  static async open(description: LslStreamDescription, options: LslStreamOutletOptions = {}): Promise<LslStreamOutlet> {
    const { host = '127.0.0.1', insecure = false, clock = lslClock } = options
    const { name, type = '', channelCount, channelFormat, nominalRate = 0, sourceId = '', desc = NO_DESC } = description
    checkListenHost(`LSL outlet '${name}'`, host, insecure)
    if (name === '') throw new LslFormatError('LSL outlet: expected a name, got none')
    const settings = await readLslSettings(options.settings)
    const server = createServer()
    const service = await bindUdp(host, settings)
    try {
      await listenTcp(server, host, settings)
      const info: LslStreamInfo = {
        ...{ name, type, channelCount, channelFormat, nominalRate, sourceId, desc },
        version: 1.1,
        createdAt: Number(clock().toFixed(6)),
        uid: randomUUID(),
        sessionId: settings.sessionId,
        hostname: hostname(),
        v4Address: '',
        v4DataPort: (server.address() as AddressInfo).port,
        v4ServicePort: service.address().port,
        v6Address: '',
        v6DataPort: 0,
        v6ServicePort: 0
      }
      const outlet = new LslStreamOutlet(info, { server, service }, options)
      outlet.#responder = await Responder.add(outlet, settings)
      return outlet
    } catch (error) {
      service.close()
      server.close()
      throw error
    }
  }

  /** Clients that get samples. */
  get consumerCount(): number {
    return this.#sessions.size
  }

  get counters(): LslOutletCounters {
    return { clients: this.#sessions.size, ...this.#counts }
  }

  /** Now, on the clock of the stamps, s. */
  now(): number {
    return this.#clock()
  }

  /**
   * Sends samples of numbers. The memory may be used again at once.
   * @param rows their bytes, sample by sample, in the order of this machine
   * @param stamp of the **last** sample, s; or of each, NaN where it follows from the one before. Default now.
   * @throws {LslFormatError} when these are no whole samples
   */
  pushNumbers(rows: Uint8Array, stamp: number | Float64Array = this.#clock()): void {
    const count = rows.length / this.#rowBytes
    if (this.info.channelFormat === 'string' || !Number.isInteger(count)) {
      const { name, channelCount, channelFormat } = this.info
      throw new LslFormatError(
        `LSL outlet '${name}': expected samples of ${channelCount} × ${channelFormat}, got ${rows.length} bytes`
      )
    }
    this.#push(rows, count, stamp)
  }

  /** Sends samples of texts, one text for each channel. @throws {LslFormatError} */
  pushTexts(rows: readonly (readonly string[])[], stamp: number | Float64Array = this.#clock()): void {
    const { name, channelCount, channelFormat } = this.info
    if (channelFormat !== 'string' || rows.some(({ length }) => length !== channelCount)) {
      throw new LslFormatError(`LSL outlet '${name}': expected samples of ${channelCount} × ${channelFormat}`)
    }
    this.#push(rows, rows.length, stamp)
  }

  #push(values: SampleValues, count: number, stamp: number | Float64Array): void {
    if (count === 0 || this.#sessions.size === 0) return
    const stamps = typeof stamp === 'number' ? this.#stampsOf(count, stamp) : stamp
    if (stamps.length !== count || Number.isNaN(stamps[0])) {
      throw new LslFormatError(
        `LSL outlet '${this.info.name}': expected ${count} stamps, the first a number, got ${stamps.length}`
      )
    }
    const encoded: Partial<Record<FeedProtocol, Buffer>> = {}
    for (const session of this.#sessions) {
      const bytes = (encoded[session.protocol] ??= encodeSamples(this.info, session.protocol, values, stamps))
      session.send({ bytes, samples: count })
    }
  }

  #stampsOf(count: number, last: number): Float64Array {
    const { nominalRate } = this.info
    const stamps = new Float64Array(count).fill(NaN)
    stamps[0] = nominalRate > 0 ? last - (count - 1) / nominalRate : last
    return stamps
  }

  /** @internal Answers over the service socket: an answer from there never leaves a machine that is to keep its streams. */
  answer({ query, returnPort, id }: LslQuestion, { address }: RemoteInfo): void {
    if (this.#faults?.isDeaf() || !this.#mayHear(address)) return
    try {
      if (!this.#query.matches(query)) return
    } catch (error) {
      this.#log.debug(`LSL outlet '${this.info.name}': from ${address}: ${(error as Error).message}`)
      return
    }
    this.#service.send(encodeAnswer(id, encodeShortInfo(this.info)), returnPort, address, () => {})
  }

  #serve(datagram: Buffer, from: RemoteInfo): void {
    const t1 = this.#clock()
    if (isTimeQuestion(datagram)) {
      if (this.#faults?.isDeaf()) return
      const answer = encodeTimeAnswer({ ...parseTimeQuestion(datagram), t1, t2: this.#clock() })
      this.#service.send(answer, from.port, from.address, () => {})
      return
    }
    try {
      this.answer(parseQuestion(datagram), from)
    } catch (error) {
      this.#source.refused((error as Error).message)
    }
  }

  /** Served to this machine alone, it is nobody else's business. */
  #mayHear(address: string): boolean {
    return this.#host !== '127.0.0.1' || isOwnAddress(address)
  }

  #connect(socket: Socket): void {
    const line = this.#faults === undefined ? socket : this.#faults.openLine(socket)
    if (line === undefined) {
      socket.destroy()
      return
    }
    this.#connections.add(socket)
    const session = new FeedSession(socket, line, this.#source)
    socket.once('close', () => {
      this.#connections.delete(socket)
      if (this.#sessions.delete(session)) this.#log.info(`LSL outlet '${this.info.name}': a client has gone`)
    })
  }

  #accept(session: FeedSession): void {
    this.#sessions.add(session)
    this.#log.info(`LSL outlet '${this.info.name}': ${session.peer} reads it`)
  }

  #drop(samples: number): void {
    if (this.#counts.droppedSamples === 0) {
      this.#log.warning(`LSL outlet '${this.info.name}': a client takes too little, samples are dropped for it`)
    }
    this.#counts.droppedSamples += samples
  }

  /** Ends the stream: it cannot be found any more, and clients see it end. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#responder?.delete(this)
    this.#service.close()
    for (const socket of this.#connections) socket.destroy()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
