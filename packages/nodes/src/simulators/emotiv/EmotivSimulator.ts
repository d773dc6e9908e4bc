import { getLogger } from '@nodeacq/rpc'
import { EmotivCipher, REPORT_SIZE, type EmotivModel } from '../../devices/emotiv/EmotivCipher.ts'
import {
  BATTERY_PLACE,
  batteryByte,
  EMOTIV_CHANNELS,
  EMOTIV_RATE,
  emptyEmotivReport,
  formatOf,
  writeEmotivReport
} from '../../devices/emotiv/emotivReports.ts'
import { numberOf, type Fault } from '../faults.ts'
import { FaultScript } from '../FaultScript.ts'
import { FifoPlug } from '../FifoPlug.ts'
import { LINE_FAULTS, LineFaults, type FaultyLine } from '../LineFaults.ts'
import { SAMPLE_FAULTS, SampleFaults } from '../SampleFaults.ts'
import type { RunningSimulator, SimulatorOptions, SimulatorType } from '../Simulator.ts'
import { testSignal } from '../testSignal.ts'

const FAULTS = {
  ...LINE_FAULTS,
  ...SAMPLE_FAULTS,
  drop: 'pull the dongle, and plug it in again',
  refuseConnection: 'pull the dongle, and plug it in again after =<s> (default 5)',
  corrupt: 'change one bit in each of the next =<n> reports (default 1)',
  headsetOff: 'turn the headset off for =<s> (default 2): it sends nothing, and then counts from 0'
} as const

export interface EmotivSimulatorOptions {
  /** Default `epoc`. */
  model?: EmotivModel
  /** Of the dongle; its last four characters make the key. Default `SN20120526998912`. */
  serial?: string
  faults?: readonly Fault[]
}

/** Level that EEG is raised by, and the levels at 1 of the test signal: 100 µV of an EPOC. */
const OFFSET = { 14: 8192, 16: 32_768 } as const
const AMPLITUDE = { 14: 200, 16: 1000 } as const
/** ms between two looks at what is due. */
const TICK = 4
/** ms that a dongle is out at least. */
const PULLED = 200
/** s in which the battery loses one percent. */
const PERCENT_TIME = 60
/** Reports of an EPOC+: two of EEG, then one of motion. */
const MOTION_STEP = 2
const MOTION_COUNTER = 128

/**
 * Takes the place of an Emotiv dongle with its headset: a named pipe that gives encrypted reports in real time. Programs that
 * read /dev/hidraw0 as a file read the pipe as well; the serial number has to be told them.
 */
export class EmotivSimulator implements RunningSimulator {
  readonly serial: string
  readonly model: EmotivModel
  readonly #plug: FifoPlug
  readonly #cipher: EmotivCipher
  readonly #report = emptyEmotivReport()
  readonly #bytes = new Uint8Array(REPORT_SIZE)
  readonly #lines = new LineFaults()
  readonly #samples = new SampleFaults()
  readonly #script: FaultScript
  readonly #ticks: NodeJS.Timeout
  readonly #log = getLogger('nodeacq.EmotivSimulator')
  #line: FaultyLine | undefined
  /** ms at which the headset was turned on, at the rate of now. */
  #zero = performance.now()
  #rateFactor = 1
  #sent = 0
  /** What the counter was behind `#sent` when the headset was turned on. */
  #counterZero = 0
  #offUntil = -Infinity
  #pulledAt: number | undefined

  private constructor(plug: FifoPlug, { model, serial, faults = [] }: EmotivSimulatorOptions) {
    this.model = model ?? 'epoc'
    this.serial = serial ?? 'SN20120526998912'
    this.#plug = plug
    this.#cipher = new EmotivCipher(this.model, this.serial)
    this.#script = new FaultScript(faults, (fault) => this.inject(fault))
    this.#ticks = setInterval(() => this.#tick(), TICK)
  }

  /** @throws {DeviceError} where there are no named pipes. @throws {ConfigError} a serial number that is none. */
  static async start(options: EmotivSimulatorOptions = {}): Promise<EmotivSimulator> {
    // Nobody knows the pipe before this returns.
    const plug = await FifoPlug.open({ open: () => simulator.#welcome(), close: () => simulator.#line?.close() })
    let simulator: EmotivSimulator
    try {
      simulator = new EmotivSimulator(plug, options)
    } catch (error) {
      await plug.close()
      throw error
    }
    return simulator
  }

  /** The pipe that programs read. */
  get address(): string {
    return this.#plug.path
  }

  get hints(): readonly string[] {
    return [`a named pipe with reports of 32 bytes; serial number ${this.serial}, model ${this.model}`]
  }

  get hasClient(): boolean {
    return this.#plug.hasClient
  }

  inject(fault: Fault): void {
    this.#log.info(`fault ${fault.kind}${fault.value && `=${fault.value}`}`)
    if (fault.kind === 'headsetOff') this.#offUntil = performance.now() + 1000 * numberOf(fault, 2)
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
        this.#plug.pull()
      }
    })
  }

  #tick(): void {
    const now = performance.now()
    this.#plugInAgain(now)
    if (this.#samples.rateFactor !== this.#rateFactor) {
      this.#rateFactor = this.#samples.rateFactor
      this.#zero = now - this.#timeOf(this.#sent)
    }
    for (; this.#zero + this.#timeOf(this.#sent) <= now; this.#sent++) this.#sendSample(now)
  }

  #timeOf(sample: number): number {
    return (sample * 1000) / (EMOTIV_RATE * this.#rateFactor)
  }

  #plugInAgain(now: number): void {
    if (this.#pulledAt === undefined || now < this.#pulledAt + PULLED || this.#lines.isRefusing) return
    this.#pulledAt = undefined
    this.#plug.plugIn()
  }

  #sendSample(now: number): void {
    const fate = this.#samples.next()
    if (now < this.#offUntil) {
      this.#counterZero = this.#sent + 1
      return
    }
    const format = formatOf(this.model)
    this.#fill()
    for (let left = fate; left > 0; left--) this.#write()
    if (format.bits === 16 && this.#sent % MOTION_STEP === 1 && fate > 0) {
      this.#report.kind = 'motion'
      this.#report.counter = (this.#sent >> 1) % MOTION_COUNTER
      this.#write()
      this.#report.kind = 'eeg'
    }
  }

  #write(): void {
    writeEmotivReport(this.#report, formatOf(this.model), this.#bytes)
    this.#line?.write(this.#cipher.encrypt(this.#bytes))
  }

  #fill(): void {
    const { bits, counter } = formatOf(this.model)
    const report = this.#report
    const count = EMOTIV_CHANNELS.length
    report.counter = (this.#sent - this.#counterZero + this.#samples.counterOffset) % counter
    const percent = Math.max(1, 99 - Math.floor(this.#sent / EMOTIV_RATE / PERCENT_TIME))
    report.battery = bits === 14 && report.counter === BATTERY_PLACE ? batteryByte(percent) : 0
    for (let k = 0; k < count; k++) {
      const value = testSignal(this.#sent, k, { rate: EMOTIV_RATE, count })
      // The ramp has to be seen step by step.
      const amplitude = k === count - 1 ? 500 : AMPLITUDE[bits]
      report.levels[k] = OFFSET[bits] + Math.round(amplitude * value)
    }
    report.quality = bits === 14 ? 1080 & ~0x18 : 0
    report.gyroX = Math.round(20 * Math.sin((2 * Math.PI * this.#sent) / EMOTIV_RATE))
    report.gyroY = -report.gyroX
  }
}

export const emotivType: SimulatorType = {
  description: 'EPOC of Emotiv at its USB dongle: a named pipe with encrypted reports, 14 channels at 128 Hz',
  defaultPort: 0,
  faults: FAULTS,
  start: ({ faults = [] }: SimulatorOptions) => EmotivSimulator.start({ faults })
}
