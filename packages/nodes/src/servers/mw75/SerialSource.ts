import { epochSeconds } from '../../devices/mw75/messages.ts'
import { PacketReader } from '../../devices/mw75/packets.ts'
import { SilenceWatch } from '../../devices/mw75/SilenceWatch.ts'
import { SerialLine } from '../../devices/SerialLine.ts'
import { Mw75LinkError, type Mw75Link, type Mw75LinkEvents, type Mw75Log, type Mw75Source } from './Mw75Source.ts'

export interface SerialSourceOptions {
  /** Lets the headset stream before its port is opened, and stop after it was closed. Default: it streams already. */
  readonly activation?: Mw75Activation | undefined
  /** ms within which the first packet has to come; default 10,000. */
  readonly timeout?: number
  /** ms without a packet after which the link counts as lost; default 2000. */
  readonly patience?: number
}

/** What a headset has to be told over Bluetooth Low Energy. */
export interface Mw75Activation {
  /** @returns the battery in percent; null where it was not told. @throws {Error} why it could not be done. */
  start(log: Mw75Log, signal: AbortSignal): Promise<number | null>
  stop(log: Mw75Log): Promise<void>
}

/** An RFCOMM port has no bit rate; the driver wants one. */
const BAUD_RATE = 115_200

/** Gives a server the headset at a serial port, such as `/dev/rfcomm0`: the data link of a paired one. */
export class SerialSource implements Mw75Source {
  readonly name: string
  readonly #options: SerialSourceOptions

  constructor(path: string, options: SerialSourceOptions = {}) {
    this.name = path
    this.#options = options
  }

  async open(events: Mw75LinkEvents, signal: AbortSignal): Promise<Mw75Link> {
    const { log } = events
    const { activation } = this.#options
    const batteryLevel = await activate(activation, log, signal)
    const link = new SerialLink({ ...this.#options, batteryLevel }, events)
    log('INFO', 'Establishing RFCOMM connection...')
    try {
      await link.open(this.name, signal)
    } catch (error) {
      await link.close()
      const reason = error instanceof Error ? error.message : String(error)
      throw new Mw75LinkError('RFCOMM_CONNECTION_FAILED', `RFCOMM connection failed: ${reason}`, error)
    }
    log('INFO', 'Starting data streaming loop...')
    return link
  }
}

async function activate(
  activation: Mw75Activation | undefined,
  log: Mw75Log,
  signal: AbortSignal
): Promise<number | null> {
  if (activation === undefined) return null
  log('INFO', 'Starting BLE discovery and activation...')
  try {
    return await activation.start(log, signal)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Mw75LinkError('BLE_ACTIVATION_FAILED', `BLE activation failed: ${reason}`, error)
  }
}

class SerialLink implements Mw75Link {
  readonly batteryLevel: number | null
  readonly ended: Promise<Error | undefined>
  readonly #options: SerialSourceOptions
  readonly #events: Mw75LinkEvents
  readonly #reader = new PacketReader()
  readonly #watch: SilenceWatch
  #line: SerialLine | undefined
  #onFirst: () => void = () => {}
  #onEnd: (error: Error | undefined) => void = () => {}

  constructor(options: SerialSourceOptions & { readonly batteryLevel: number | null }, events: Mw75LinkEvents) {
    const { batteryLevel, patience = 2000 } = options
    this.batteryLevel = batteryLevel
    this.#options = options
    this.#events = events
    this.ended = new Promise((resolve) => (this.#onEnd = resolve))
    this.#watch = new SilenceWatch(patience, () => {
      events.log('WARNING', `No data for ${patience / 1000} s`)
      this.#onEnd(undefined)
    })
  }

  /** Resolves when the first packet has come. */
  async open(path: string, signal: AbortSignal): Promise<void> {
    const { timeout = 10_000 } = this.#options
    const first = new Promise<void>((resolve) => (this.#onFirst = resolve))
    this.#line = await SerialLine.open(path, {
      baudRate: BAUD_RATE,
      onData: (bytes) => this.#read(bytes),
      onLost: (reason) => this.#onEnd(new Error(reason))
    })
    const late = AbortSignal.any([signal, AbortSignal.timeout(timeout)])
    await Promise.race([first, this.ended.then(throwReason), rejectionOf(late, `no data within ${timeout} ms`)])
    this.#watch.isOn = true
  }

  async close(): Promise<void> {
    this.#watch[Symbol.dispose]()
    await this.#line?.close()
    await this.#options.activation?.stop(this.#events.log)
    const { valid, invalid, others } = this.#reader
    this.#events.log('DEBUG', `Packets: ${valid} of EEG, ${others} others, ${invalid} with a wrong checksum`)
  }

  #read(bytes: Uint8Array): void {
    this.#reader.read(bytes, (packet) => {
      this.#watch.note()
      this.#onFirst()
      this.#events.onSample({ ...packet, timestamp: epochSeconds() })
    })
  }
}

function throwReason(error: Error | undefined): never {
  throw error ?? new Error('the link has ended')
}

function rejectionOf(signal: AbortSignal, reason: string): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(new Error(reason))
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}
