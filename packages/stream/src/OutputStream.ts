import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { isNdArray } from '@nodeacq/ndarray'
import type { NdArray, ReadonlyNdArray, TypedArray } from '@nodeacq/ndarray'
import type { DeviceTimeOptions } from './clock/DeviceClock.ts'
import { StreamClock } from './clock/StreamClock.ts'
import { MACHINE } from './delivery/clock.ts'
import { afterAll, turnDue } from './delivery/turn.ts'
import { ChunkError, StreamStateError } from './errors.ts'
import type { HoleToSkip } from './LossLedger.ts'
import { ChunkCheck } from './output/ChunkCheck.ts'
import { Outlet } from './output/Outlet.ts'
import type { OutgoingChunk } from './output/Outlet.ts'
import { describeStream } from './output/owner.ts'
import type { StreamOwner } from './output/owner.ts'
import { ChunkCopier } from './output/slab.ts'
import { Stages } from './output/stages.ts'
import type { Scaling } from './output/stages.ts'
import { SendQueue } from './output/SendQueue.ts'
import { outputStatus } from './output/status.ts'
import type { OutputStatus } from './output/status.ts'
import { DEFAULTS, toWireParams } from './params.ts'
import type { OutputOptions, StreamInfo, WireParams } from './params.ts'
import { resolveOutput } from './spec.ts'
import type { ResolvedOutput } from './spec.ts'
import { getTransferMode } from './transfer/registry.ts'
import type { DirectoryWriter } from './transfer/DirectoryWriter.ts'
import type { TransferSender } from './transfer/TransferMode.ts'

/** How a chunk is sent. */
export interface SendOptions {
  /** The caller gives the memory away and never touches it again; nothing is copied. Default false. */
  handOver?: boolean
}

const LEASE = 10_000
const DONE = Promise.resolve()
const HIGH_WATER_MARK = 1000
/** ms that closing waits for inputs that may not lose anything. */
const LINGER = 1000

/**
 * The sending end of a stream.
 *
 * ```
 *   send ─► check ─► stages ─► copy ─► encode ─┬─► XPUB: pyacq, and nodeacq inputs that may lose data
 *                                              └─► retention log ─► cursors: inputs that may not, and `latest`
 * ```
 * `send` resolves when the memory may be used again and, with `flow: 'wait'`, when every input that must not lose
 * anything has room. Chunks go out in the order of the calls.
 */
export class OutputStream implements AsyncDisposable {
  /** What the node fixes; this stream's own copy. Takes effect at the next `configure`. */
  spec: OutputOptions
  readonly owner: StreamOwner
  /** When samples were there; where no run is named, the current one. */
  readonly clock = new StreamClock(() => this.#outlet?.hub.clock)
  readonly #id = randomUUID()
  readonly #copier = new ChunkCopier()
  #asked: OutputOptions = {}
  #resolved: ResolvedOutput | undefined
  #outlet: Outlet | undefined
  #outletKey = ''
  #sender: TransferSender | undefined
  #check: ChunkCheck | undefined
  #stages: Stages | undefined
  readonly #queue = new SendQueue()
  #isClosed = false
  /** Index that the next chunk begins at, and the same before the stages. */
  #next = 0
  #fed = 0
  /** Within this process arrays are handed over as they are. */
  #isByReference = false
  #chunks = 0
  #samples = 0
  #bytes = 0

  constructor(spec: OutputOptions = {}, owner: StreamOwner = {}) {
    this.spec = { ...spec }
    this.owner = owner
  }

  /** Over RPC this object is referred to, not copied. */
  get '~proxied'(): true {
    return true
  }

  get isConfigured(): boolean {
    return this.#outlet !== undefined
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Everything known about the stream; before `configure`, what the spec says. @throws {SpecError} */
  get info(): StreamInfo {
    return (this.#resolved ?? resolveOutput(this.spec, {}, this.#subject)).info
  }

  /** The map that an input needs to connect, here or elsewhere, under pyacq's names. @throws {StreamStateError} */
  get params(): WireParams {
    const outlet = this.#requireOutlet()
    const own: Record<string, unknown> = {
      version: 1,
      id: this.#id,
      node: this.owner.node ?? null,
      output: this.owner.name ?? null,
      process: `${hostname()}/${process.pid}`,
      machine: MACHINE,
      lease: this.#resolved?.local.lease ?? LEASE
    }
    if (outlet.side !== undefined) own['side'] = outlet.side
    return toWireParams(this.info, own)
  }

  /** Whether the spec or `configure` said what a parameter is; otherwise it has its default. */
  isGiven(name: keyof OutputOptions & string): boolean {
    return this.#resolved?.given.has(name) ?? Object.hasOwn(this.spec, name)
  }

  /** Absolute index of the last sample of this run, plus one. */
  get index(): number {
    return this.#outlet?.hub.index ?? 0
  }

  /** Counts starts: 0 until the first `startRun`. */
  get run(): number {
    return this.#outlet?.hub.run ?? 0
  }

  /** Inputs that are connected: nodeacq's and pyacq's. */
  get consumerCount(): number {
    return this.#outlet?.consumerCount ?? 0
  }

  get #subject(): string {
    return describeStream('OutputStream', this.owner)
  }

  /**
   * Opens the stream. May be repeated before the first chunk of a run: options add to those of earlier calls, and inputs that are
   * connected already are told, as long as the place stays the same.
   * @throws {SpecError} @throws {StreamStateError} @throws {AddressInUseError} @throws {AddressError}
   */
  async configure(options: OutputOptions = {}): Promise<void> {
    this.#requireOpen()
    const hub = this.#outlet?.hub
    if (hub && this.#next > 0 && !hub.hasEnded) {
      throw new StreamStateError(`${this.#subject} has sent data in run ${hub.run}: end it before configuring again`)
    }
    const asked = { ...this.#asked, ...options }
    const resolved = resolveOutput(this.spec, asked, this.#subject)
    this.#asked = asked
    const outlet = await this.#outletFor(resolved)
    outlet.adjust(resolved.info, resolved.local.retention)
    this.#adopt({ ...resolved, info: { ...resolved.info, ...outlet.place } })
    outlet.hub.follow(this.#sender?.directory)
    outlet.hub.tellParams(this.params)
  }

  /** The sockets that are open, when they are what is asked for; otherwise new ones. */
  async #outletFor({ info, local }: ResolvedOutput): Promise<Outlet> {
    const { advertise, lease = LEASE, highWaterMark = HIGH_WATER_MARK } = local
    const key = JSON.stringify([info.protocol, info.interface, info.port, advertise, lease, highWaterMark])
    if (this.#outlet && this.#outletKey === key) return this.#outlet
    this.#outlet?.close()
    this.#outlet = undefined
    const pipe = `nodeacq_pipe_${randomUUID()}`
    const outlet = await Outlet.open(info, { lease, advertise, highWaterMark, subject: this.#subject, pipe })
    if (this.#isClosed) {
      outlet.close()
      this.#requireOpen()
    }
    this.#outletKey = key
    return (this.#outlet = outlet)
  }

  #adopt(resolved: ResolvedOutput): void {
    const { info, local } = resolved
    this.#sender?.close()
    this.#sender = getTransferMode(info.transferMode).createSender(info)
    const isScaled = local.applyScale === true && (info.scale !== null || info.offset !== null)
    const scaling: Scaling | undefined = isScaled ? { scale: info.scale ?? 1, offset: info.offset ?? 0 } : undefined
    const stages = new Stages({ filters: local.preFilters ?? [], scaling, minChunkSize: local.minChunkSize ?? 0 })
    this.#stages = stages.isIdle ? undefined : stages
    const published = isScaled ? { ...info, scale: null, offset: null } : info
    this.#resolved = { ...resolved, info: { ...published, ...this.#sender.infoExtras } }
    this.#isByReference = info.protocol === 'inproc' && info.transferMode === DEFAULTS.transferMode
    this.#check = resolved.given.has('shape') ? new ChunkCheck(info, this.#subject) : undefined
  }

  /** Nobody said what shape the chunks have: the first one does. */
  #adoptShape(data: NdArray | TypedArray): ChunkCheck {
    const { info, given, local } = this.#resolved as ResolvedOutput
    const shape = isNdArray(data) ? [-1, ...data.shape.slice(1)] : [-1]
    const check = new ChunkCheck({ ...info, shape }, this.#subject)
    check.accept(data)
    this.#adopt({ info: { ...info, shape }, local, given: new Set([...given, 'shape']) })
    const { hub } = this.#requireOutlet()
    hub.follow(this.#sender?.directory)
    hub.tellParams(this.params)
    return check
  }

  /**
   * Sends one chunk, shape `(samples, …)`. `index` is the absolute index of its last sample plus one; by default the
   * chunk follows the one before. A jump forward declares a hole. Typed arrays are cut into samples.
   * @throws {ChunkError} when dtype or shape are not the stream's, or the index goes back. @throws {StreamStateError}
   */
  send(given: ReadonlyNdArray | TypedArray, index?: number, options?: SendOptions): Promise<void> {
    const data = given as NdArray | TypedArray // from here on it is only read
    try {
      const { hub } = this.#requireOutlet()
      if (hub.hasEnded)
        throw new StreamStateError(`${this.#subject}: run ${hub.run} has ended; startRun() begins another`)
      const check = this.#check ?? this.#adoptShape(data)
      const handOver = options?.handOver === true
      if (this.#stages) return this.#sendStaged(check.toArray(data), index, handOver)
      return this.#sendPiece(check.accept(data), index, handOver)
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  async #sendStaged(data: NdArray, index: number | undefined, handOver: boolean): Promise<void> {
    const stages = this.#stages as Stages
    this.#fed = index ?? this.#fed + data.length
    for (const [at, piece] of stages.push(data, this.#fed)) {
      await this.#sendPiece((this.#check as ChunkCheck).accept(piece), at, handOver || stages.copies)
    }
  }

  #sendPiece(data: NdArray, index: number | undefined, handOver: boolean): Promise<void> {
    const { accounting, bufferSize } = this.info
    const count = accounting === 'messages' ? 1 : data.length
    const end = index ?? this.#next + count
    if (!Number.isSafeInteger(end) || (accounting !== 'none' && end - count < this.#next)) {
      const message = `${this.#subject}: chunk index ${end} with ${count} samples begins before ${this.#next}`
      throw new ChunkError('index', message)
    }
    this.#next = end
    const piece: Piece = { data, start: end - count, end, handOver }
    if (this.#queue.isBusy) return this.#queue.add(() => this.#sendInTurn(piece))
    const whenTaken = bufferSize > 0 ? this.#requireOutlet().hub.whenTaken(end, bufferSize) : undefined
    return whenTaken === undefined ? this.#sendNow(piece) : this.#queue.add(() => this.#sendInTurn(piece, whenTaken))
  }

  #sendNow(piece: Piece): Promise<void> {
    const { directory } = this.#sender as TransferSender
    if (directory) return this.#publishInRing(directory, piece)
    const frames = this.#encode(piece)
    if (frames instanceof Promise) return this.#queue.add(async () => this.#publish(piece, await frames))
    return this.#publish(piece, frames)
  }

  async #sendInTurn(piece: Piece, whenTaken?: Promise<void>): Promise<void> {
    const { bufferSize } = this.info
    await whenTaken
    if (bufferSize > 0) await this.#requireOutlet().hub.whenTaken(piece.end, bufferSize)
    const { directory } = this.#sender as TransferSender
    if (directory) return this.#publishInRing(directory, piece)
    await this.#publish(piece, await this.#encode(piece))
  }

  #encode(piece: Piece): readonly Uint8Array[] | undefined | Promise<readonly Uint8Array[]> {
    const sender = this.#sender as TransferSender
    if (!piece.handOver && !(sender.copies && !this.#isByReference)) piece.data = this.#copier.copy(piece.data)
    return this.#isByReference ? undefined : sender.encode(piece.data, piece.end)
  }

  /** The samples go into the ring, and whoever reads it is told. */
  #publishInRing(directory: DirectoryWriter, piece: Piece): Promise<void> {
    ;(this.#sender as TransferSender).store?.(piece.data, piece.end)
    this.#count(piece)
    return this.#settle(this.#requireOutlet().deliverInRing(directory, piece))
  }

  #publish(piece: Piece, frames: readonly Uint8Array[] | undefined): Promise<void> {
    this.#count(piece)
    return this.#settle(this.#requireOutlet().deliver(piece, frames))
  }

  #count({ data, start }: Piece): void {
    const { hub } = this.#requireOutlet()
    if (start > hub.index && this.info.accounting !== 'none') hub.declareHole(hub.index, start, 'device')
    this.#chunks += 1
    this.#samples += data.length
    this.#bytes += data.byteLength
  }

  #settle(sent: Promise<void> | undefined): Promise<void> {
    const room = this.#requireOutlet().hub.whenCaughtUp()
    const turn = turnDue()
    return room === undefined && turn === undefined ? (sent ?? DONE) : afterAll(sent, room, turn)
  }

  /** Declares that the source has nothing in `[from, to)`; the next chunk begins at `to` or later. */
  skip({ from, to, cause }: HoleToSkip): void {
    const { hub } = this.#requireOutlet()
    if (!Number.isSafeInteger(to) || !Number.isSafeInteger(from)) {
      throw new ChunkError('index', `${this.#subject}: a gap from ${from} to ${to} is no range of samples`)
    }
    if (to <= this.#next) return
    this.#flushStages()
    const begin = this.#next
    this.#next = this.#fed = to
    this.#queue.run(() => {
      hub.declareHole(begin, to, cause)
    })
  }

  /**
   * Says what the device's own clock showed at sample `index` of this run, ms. At most 20 a second are taken in.
   * @throws {SpecError} when a number is none. @throws {StreamStateError}
   */
  markDeviceTime(index: number, time: number, options: DeviceTimeOptions = {}): void {
    this.#requireOutlet().hub.clock.markDevice(index, time, options, this.#subject)
  }

  #flushStages(): void {
    for (const [at, piece] of this.#stages?.flush() ?? []) {
      const sent = this.#sendPiece(piece, at, true)
      void this.#queue.add(() => sent)
    }
  }

  /** Begins a new run: its index starts from 0. What was gathered for a larger chunk is forgotten. */
  startRun(): void {
    const { hub } = this.#requireOutlet()
    this.#stages?.flush()
    this.#next = this.#fed = 0
    this.#queue.run(() => {
      hub.startRun()
      this.#sender?.resetIndex(hub.keepFrom)
    })
  }

  /** pyacq's name for `startRun`. */
  resetBufferIndex(): void {
    this.startRun()
  }

  /** No more data in this run: inputs finish when they have all of it. Resolves when the last chunk is on its way. */
  async endRun(): Promise<void> {
    if (this.#isClosed) return
    const { hub } = this.#requireOutlet()
    this.#flushStages()
    await this.#queue.add(() => {
      hub.endRun()
    })
  }

  status(): OutputStatus {
    return outputStatus({
      name: this.owner.name ?? '',
      info: this.info,
      outlet: this.#outlet,
      sent: { chunks: this.#chunks, samples: this.#samples, bytes: this.#bytes }
    })
  }

  /** Ends the stream for all inputs. What was sent still goes out for up to a second. Safe to call twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#outlet?.hub.release()
    await this.#queue.whenEmpty()
    await this.#outlet?.hub.whenDelivered(LINGER)
    this.#outlet?.close()
    this.#sender?.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new StreamStateError(`${this.#subject} is closed`)
  }

  #requireOutlet(): Outlet {
    this.#requireOpen()
    if (!this.#outlet) throw new StreamStateError(`${this.#subject} is not configured`)
    return this.#outlet
  }
}

interface Piece extends OutgoingChunk {
  data: NdArray
  readonly handOver: boolean
}
