import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { InputClock } from '../clock/InputClock.ts'
import { wallClock } from '../clock/WallClock.ts'
import { MACHINE } from '../delivery/clock.ts'
import type { Service, Window } from '../delivery/Consumer.ts'
import type { Entry } from '../delivery/RetentionLog.ts'
import { localHub } from '../delivery/localHubs.ts'
import { serviceFor } from '../delivery/serviceFor.ts'
import { TOKEN_PREFIX } from '../delivery/Publisher.ts'
import { SourceUnreachableError, SpecError, StreamStateError } from '../errors.ts'
import { report } from '../log.ts'
import { dataAddress } from '../output/addresses.ts'
import type { StreamOwner } from '../output/owner.ts'
import type { Delivery, InputSpec, StreamInfo, WireParams } from '../params.ts'
import type { SideMessageOf } from '../side/messages.ts'
import { SideClient } from '../side/SideClient.ts'
import { checkInputSpec, parseWireParams } from '../spec.ts'
import { getTransferMode } from '../transfer/registry.ts'
import { LocalLink } from './LocalLink.ts'
import type { OutputLink } from './OutputLink.ts'
import { RingFeed } from './RingFeed.ts'
import { Bell } from '../shm/bell.ts'
import { controlOf } from '../transfer/sharedMem.ts'
import type { TransferReceiver } from '../transfer/TransferMode.ts'
import { Reception } from './Reception.ts'
import { RunNumbers } from './RunNumbers.ts'
import { nodeacqParams } from './source.ts'
import type { NodeacqParams } from './source.ts'
import { Subscription } from './Subscription.ts'

/** What may be on its way to an input that must not lose anything. */
const COMPLETE_WINDOW: Window = { chunks: 1000, bytes: 64 * 1024 * 1024 }
/** Enough that the way there and back does not limit the rate of small chunks. */
const LATEST_WINDOW: Window = { chunks: 4, bytes: 64 * 1024 * 1024 }
/** Messages that wait for an input before the output drops its next ones; as in pyacq. */
const HIGH_WATER_MARK = 1000
/** ms for a subscription to travel after the connection stands, where nobody confirms it. */
const PLAIN_SETTLE = 50

export interface ConnectionOptions {
  readonly spec: InputSpec
  readonly delivery: Delivery
  /** Name of the consumer, for one that resumes after its own last acknowledgement. */
  readonly name: string | undefined
  /** ms */
  readonly timeout: number
  readonly owner: StreamOwner
  readonly subject: string
}

/** A reception whose subscription is in place, and where it comes from. */
export interface Connection {
  readonly reception: Reception
  readonly own: NodeacqParams | undefined
  readonly clock: InputClock
  close(): void
}

/**
 * Connects to the stream that `wire` describes and waits until its output has confirmed that nothing will be missed.
 * @throws {SpecError} @throws {SharedMemError} @throws {StreamStateError} @throws {SourceUnreachableError}
 */
export async function openConnection(wire: WireParams, options: ConnectionOptions): Promise<Connection> {
  const { spec, subject, delivery } = options
  const info = parseWireParams(wire, `${subject}: params of the source`)
  checkInputSpec(spec, info, subject)
  const own = nodeacqParams(info.nodeacq)
  const service = serviceOf(info, own, delivery)
  if (service === 'plain' && delivery === 'complete') {
    report('warning', `${subject}: delivery 'complete' needs a nodeacq source; from pyacq it is 'bestEffort'`)
  }
  const opening = new Opening(info, own, service, options)
  try {
    await opening.settle()
    const { reception, clock } = opening
    return { reception, own, clock, close: () => opening.close() }
  } catch (error) {
    opening.close()
    throw error
  }
}

/** How the output will serve this input. */
function serviceOf(info: StreamInfo, own: NodeacqParams | undefined, delivery: Delivery): Service | 'plain' {
  return own === undefined ? 'plain' : serviceFor(delivery, { flow: info.flow, isLocal: info.protocol === 'inproc' })
}

function windowFor(service: Service | 'plain', { highWaterMark = HIGH_WATER_MARK }: InputSpec): Window {
  if (service === 'latest') return LATEST_WINDOW
  if (service === 'complete') return COMPLETE_WINDOW
  return { chunks: highWaterMark === 0 ? Number.MAX_SAFE_INTEGER : highWaterMark, bytes: Number.MAX_SAFE_INTEGER }
}

class Opening {
  readonly reception: Reception
  readonly clock: InputClock
  readonly #info: StreamInfo
  readonly #own: NodeacqParams | undefined
  readonly #options: ConnectionOptions
  readonly #consumer = randomUUID()
  readonly #done = Promise.withResolvers<void>()
  readonly #runs = new RunNumbers()
  #link: OutputLink | undefined
  #attempt = 0
  #isJoined = false
  /** Whether this input reads the ring by itself, if the output agrees. */
  #wantsRing = false
  /** In the control file of the source's ring; null where chunks come as messages. */
  #seat: number | null = null
  /** Path of the newest control file that this input was told of. */
  #control: string | undefined
  #isAnswered = false
  /** Who answered the first hello; unset until then. */
  #source: string | undefined

  constructor(
    info: StreamInfo,
    own: NodeacqParams | undefined,
    service: Service | 'plain',
    options: ConnectionOptions
  ) {
    this.#info = info
    this.#own = own
    this.#options = options
    this.#control = controlOf(info)
    this.reception = new Reception({
      info,
      receiver: getTransferMode(info.transferMode).createReceiver(info),
      service,
      window: windowFor(service, options.spec),
      filters: options.spec.postFilters ?? [],
      subject: options.subject,
      measuresLatency: own?.machine === MACHINE,
      onParams: this.#adopt,
      onUnknown: this.#helloAgain
    })
    wallClock.start()
    this.clock = new InputClock({
      isRemote: own?.machine !== MACHINE,
      subject: options.subject,
      currentRun: () => this.reception.tracker.run
    })
  }

  async settle(): Promise<void> {
    const { timeout, subject } = this.#options
    const { service } = this.reception
    const address = dataAddress(this.#info)
    const timer = setTimeout(() => {
      this.#done.reject(new SourceUnreachableError(subject, address, `no answer within ${timeout} ms`))
    }, timeout)
    try {
      if (service === 'plain') this.#subscribe(address)
      else this.#join(address, service)
      await this.#done.promise
    } finally {
      clearTimeout(timer)
    }
    this.reception.supply.subscription?.read()
  }

  /** A source of pyacq's does not confirm anything. */
  #subscribe(address: string): void {
    const onConnected = (): void => {
      setTimeout(this.#done.resolve, PLAIN_SETTLE)
    }
    this.reception.supply.subscription = this.#openSubscription({ address, onConnected })
  }

  #openSubscription(at: { address: string; token?: string; onConnected?: () => void }): Subscription {
    const { highWaterMark = HIGH_WATER_MARK } = this.#options.spec
    return new Subscription({ ...at, highWaterMark, lease: this.#own?.lease, deliver: this.reception.deliver })
  }

  #join(address: string, service: Service): void {
    const { reception } = this
    this.#link = this.#runs.link(this.#openLink(address))
    reception.attach(this.#link, this.#own?.lease)
    this.#wantsRing = !this.#link.isLocal && reception.reader.receiver.chunks !== undefined
    const bell = this.#newBell()
    this.#hello({
      token: service === 'live' && bell === null ? this.#subscribeWithToken() : null,
      bell,
      position: null
    })
  }

  /** The output confirms this subscription on the side channel. */
  #subscribeWithToken(): string {
    const token = TOKEN_PREFIX + randomUUID()
    this.reception.supply.subscription = this.#openSubscription({ address: dataAddress(this.#info), token })
    return token
  }

  /** Path of another bell, for another hello; null where messages tell of chunks. */
  #newBell(): string | null {
    const { reception } = this
    reception.supply.bell?.close()
    reception.supply.bell = undefined
    if (!this.#wantsRing) return null
    try {
      reception.supply.bell = new Bell(() => {
        reception.supply.inbox.wake()
      })
      return reception.supply.bell.path
    } catch (error) {
      this.#wantsRing = false
      report(
        'warning',
        `${this.#options.subject}: chunks in the shared ring are told by messages, which is slower`,
        error
      )
      return null
    }
  }

  #openLink(address: string): OutputLink {
    const { subject } = this.#options
    const { chunk } = this.reception
    const listener = { chunk: (entry: Entry) => chunk(this.#runs.entry(entry)), message: this.#hear }
    if (this.#info.protocol === 'inproc') {
      const hub = localHub(this.#info.interface)
      if (hub !== undefined) return new LocalLink(hub, listener)
      const where = this.#own?.identity.process ?? 'unknown'
      const reason = `it is not open in this process (it was in process ${where}); other processes need tcp or ipc`
      throw new SourceUnreachableError(subject, address, reason)
    }
    if (this.#own?.side === undefined) {
      const expected = 'the address of a side channel'
      throw new SpecError({ subject, key: 'nodeacq.side', expected, got: 'nothing: the output is not configured' })
    }
    return new SideClient(this.#own.side, listener, { subject, lease: this.#own.lease })
  }

  #hello(at: { token: string | null; bell: string | null; position: { run: number; from: number } | null }): void {
    const { token, bell, position } = at
    const { name, delivery, owner } = this.#options
    const who = { node: owner.node ?? null, input: owner.name ?? null, process: `${hostname()}/${process.pid}` }
    const { run, from } = position ? this.#runs.toSource(position) : { run: null, from: null }
    const window = windowFor(this.reception.service, this.#options.spec)
    this.#isAnswered = false
    this.#link?.hello({
      kind: 'hello',
      consumer: this.#consumer,
      attempt: ++this.#attempt,
      name: name ?? null,
      token,
      delivery,
      source: this.#source ?? null,
      run,
      from,
      ...window,
      bell,
      who
    })
  }

  readonly #helloAgain = (): void => {
    if (this.#source === undefined) return
    this.#hello({ token: null, bell: this.#newBell(), position: this.reception.prepareToResume() })
  }

  /** Chunks come by messages from now on. */
  #doWithoutRing(): void {
    const { reception } = this
    this.#wantsRing = false
    reception.supply.feed = undefined
    const position = this.#isJoined ? reception.prepareToResume() : null
    const token = reception.service === 'live' ? this.#subscribeWithToken() : null
    this.#hello({ token, bell: this.#newBell(), position })
  }

  readonly #hear = (message: Parameters<Reception['message']>[0]): void => {
    if (message.kind === 'welcome') {
      this.#welcome(message)
      return
    }
    const numbered = this.#runs.incoming(message)
    if (this.#isAnswered && this.clock.hear(numbered)) return
    // Between a hello and its answer, what is said may be said by another source, whose runs have other numbers.
    if (this.#isAnswered || message.kind === 'unknown') this.reception.message(numbered)
  }

  #welcome(message: SideMessageOf<'welcome'>): void {
    // Every question is answered; what comes before the latest answer will come again.
    if (message.consumer !== this.#consumer || message.attempt !== this.#attempt) return
    this.#isAnswered = true
    const { reception } = this
    const known = this.#source
    this.#source = message.source
    if (message.seat === null && this.#wantsRing) {
      this.#doWithoutRing()
      return
    }
    if (known !== undefined && known !== message.source) this.#runs.startAt(reception.breakOff())
    const welcome = this.#runs.incoming(message)
    this.#seat = message.seat
    reception.supply.bell?.hide()
    if (!this.#isJoined) {
      this.#isJoined = true
      reception.join(welcome)
      this.#openFeed(this.#runs.offset, message.chunk)
    } else {
      // The ring of another source comes with its params.
      if (known === message.source && message.seat !== null) reception.supply.feed?.moveTo(message.seat)
      reception.resume(welcome)
    }
    if (this.#link) this.clock.start(this.#link)
    this.#done.resolve()
  }

  close(): void {
    this.clock.close()
    this.reception.close()
  }

  /** From now on chunks come out of the receiver's ring, where the output has given this input a seat. */
  #openFeed(runOffset: number, next?: number): void {
    const { reception } = this
    const { chunks } = reception.reader.receiver
    if (chunks === undefined || this.#seat === null) return
    reception.supply.feed = new RingFeed({
      chunks,
      seat: this.#seat,
      next: next ?? chunks.directory.begin,
      runOffset,
      tellWriter: () => this.#link?.post({ kind: 'credit', taken: 0, holding: reception.credit.isHolding }),
      onMore: () => {
        reception.supply.inbox.wake()
      }
    })
  }

  readonly #adopt = (params: WireParams): void => {
    const { subject, spec } = this.#options
    const { reception } = this
    try {
      const info = parseWireParams(params, `${subject}: params of the source`)
      checkInputSpec(spec, info, subject)
      const control = controlOf(info)
      if (reception.supply.feed !== undefined && control === this.#control) {
        reception.reader.info = info
        return
      }
      this.#control = control
      const receiver = getTransferMode(info.transferMode).createReceiver(info)
      const { offset } = this.#runs
      // What is in a ring is read before the next one takes its place, which is opened while it is there.
      if (reception.supply.feed === undefined) this.#replace(info, receiver, offset)
      else reception.supply.succeed(() => this.#replace(info, receiver, offset))
    } catch (error) {
      report('error', `${subject}: the source has changed its params to some that do not fit`, error)
    }
  }

  #replace(info: StreamInfo, receiver: TransferReceiver, runOffset: number): void {
    const { reception } = this
    const { service } = reception
    reception.reader.adopt(info, receiver)
    if (this.#wantsRing && receiver.chunks === undefined) {
      this.#doWithoutRing()
      return
    }
    this.#openFeed(runOffset)
    if (serviceOf(info, this.#own, this.#options.delivery) !== 'complete') return
    if (service === 'complete' || service === 'latest') return
    reception.becomeComplete(COMPLETE_WINDOW)
    this.#helloAgain()
  }
}

/** The stream was never connected, or is closed. */
export function notConnected(subject: string, isClosed: boolean): StreamStateError {
  return new StreamStateError(`${subject} is ${isClosed ? 'closed' : 'not connected'}`)
}
