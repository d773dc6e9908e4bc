import { getLogger } from '@nodeacq/rpc'
import { FaultScript } from '../FaultScript.ts'
import { numberOf, type Fault } from '../faults.ts'
import { LineFaults, type FaultyLine } from '../LineFaults.ts'
import { SampleFaults } from '../SampleFaults.ts'
import { SerialPlug } from '../SerialPlug.ts'
import type { RunningSimulator } from '../Simulator.ts'
import { CytonModel } from './CytonModel.ts'
import { CytonStream } from './CytonStream.ts'

export interface CytonSimulatorOptions {
  /** A Daisy is on the board: 16 channels at 125 Hz. Default false. */
  hasDaisy?: boolean
  faults?: readonly Fault[]
}

/** ms between two looks at what is due. */
const TICK = 4
/** ms that a dongle is out at least. */
const PULLED = 200
/** What a dongle says whose board is off. */
const NO_BOARD = 'Failure: Communications timeout - Device failed to poll Host$$$'

/**
 * Takes the place of an OpenBCI Cyton at its dongle: a serial port that drivers open, with the commands of the firmware
 * and their replies, and packets in real time. Linux only.
 */
export class CytonSimulator implements RunningSimulator {
  readonly model: CytonModel
  readonly #stream: CytonStream
  readonly #plug: SerialPlug
  readonly #lines = new LineFaults()
  readonly #samples = new SampleFaults()
  readonly #script: FaultScript
  readonly #ticks: NodeJS.Timeout
  readonly #log = getLogger('nodeacq.CytonSimulator')
  #line: FaultyLine | undefined
  #offUntil = -Infinity
  #toSpoil = 0
  /** ms at which the dongle was pulled; undefined while it is plugged in. */
  #pulledAt: number | undefined

  private constructor(plug: SerialPlug, { hasDaisy = false, faults = [] }: CytonSimulatorOptions) {
    this.#plug = plug
    this.#script = new FaultScript(faults, (fault) => this.inject(fault))
    this.model = new CytonModel({ hasDaisy, reply: (text) => this.#line?.write(Buffer.from(text, 'latin1')) })
    this.model.onStart = () => this.#stream.start(performance.now())
    this.#stream = new CytonStream(this.model, this.#samples)
    this.#ticks = setInterval(() => this.#tick(), TICK)
  }

  /** @throws {DeviceError} where there are no pseudo-terminals. @throws {MissingPackageError} */
  static async start(options: CytonSimulatorOptions = {}): Promise<CytonSimulator> {
    // Nobody knows the port before this returns.
    const plug = await SerialPlug.open({
      data: (bytes) => simulator.#receive(bytes),
      open: () => simulator.#welcome(),
      close: () => simulator.#line?.close()
    })
    const simulator = new CytonSimulator(plug, options)
    return simulator
  }

  /** The serial port that drivers open. */
  get address(): string {
    return this.#plug.path
  }

  get hints(): readonly string[] {
    return [`a serial port at any baud rate; ${this.model.usesDaisy ? '16 channels, 125 Hz' : '8 channels, 250 Hz'}`]
  }

  /** Whether a program has the port open. */
  get hasClient(): boolean {
    return this.#plug.hasClient
  }

  inject(fault: Fault): void {
    this.#log.info(`fault ${fault.kind}${fault.value && `=${fault.value}`}`)
    if (fault.kind === 'corrupt') this.#toSpoil += numberOf(fault, 1)
    else if (fault.kind === 'boardOff') this.#turnOff(numberOf(fault, 2))
    else if (!this.#samples.inject(fault)) this.#lines.inject(fault)
  }

  async close(): Promise<void> {
    clearInterval(this.#ticks)
    this.#script.close()
    this.#line?.close()
    await this.#plug.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #welcome(): void {
    this.#script.begin()
    this.#line = this.#lines.add({
      write: (bytes) => this.#plug.write(bytes),
      destroy: () => {
        this.#pulledAt = performance.now()
        this.model.isStreaming = false
        this.#plug.pull()
      }
    })
  }

  /** The dongle is there, and says that the board is not. */
  #turnOff(seconds: number): void {
    this.model.isStreaming = false
    this.#offUntil = performance.now() + 1000 * seconds
  }

  #receive(bytes: Uint8Array): void {
    const now = performance.now()
    if (this.#lines.isDeaf) return
    if (now < this.#offUntil) this.#line?.write(Buffer.from(NO_BOARD))
    else this.model.receive(bytes, now)
  }

  #tick(): void {
    const now = performance.now()
    this.model.expire(now)
    this.#plugInAgain(now)
    for (const packet of this.#stream.due(now)) this.#send(packet)
  }

  #plugInAgain(now: number): void {
    if (this.#pulledAt === undefined || now < this.#pulledAt + PULLED || this.#lines.isRefusing) return
    this.#pulledAt = undefined
    void this.#plug.plugIn()
  }

  #send(packet: Uint8Array): void {
    if (this.#toSpoil > 0) {
      this.#toSpoil -= 1
      packet[packet.length - 1] = 0
    }
    this.#line?.write(packet)
  }
}
