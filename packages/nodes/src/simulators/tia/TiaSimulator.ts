import { getLogger } from '@nodeacq/rpc'
import { Pacer } from '../../devices/Pacer.ts'
import type { TiaMetaInfo } from '../../devices/tia/metaInfo.ts'
import type { OpenLine } from '../../devices/tia/server/TcpDataConnection.ts'
import { TiaService } from '../../devices/tia/server/TiaService.ts'
import { signalBitOf, signalTypeOf } from '../../devices/tia/signalTypes.ts'
import type { TiaBlock } from '../../devices/tia/TiaPacket.ts'
import { FaultScript } from '../FaultScript.ts'
import type { Fault } from '../faults.ts'
import { LineFaults } from '../LineFaults.ts'
import { SampleFaults } from '../SampleFaults.ts'
import type { RunningSimulator } from '../Simulator.ts'
import { testSignal } from '../testSignal.ts'

/** A signal of the simulator: sines, and a ramp over 1000 samples in the last of several channels. */
export interface SimulatedTiaSignal {
  readonly type: string
  readonly channels: number
  /** Hz. */
  readonly sampleRate: number
  /** Samples of each channel in a packet; the blocks of all signals last as long. */
  readonly blockSize: number
}

export interface TiaSimulatorOptions {
  /** Default 127.0.0.1; beyond loopback only with `insecure`. */
  host?: string
  insecure?: boolean
  /** Default 0: any free one; TiA's is 9000. */
  port?: number
  /** Default 0: one that is free here. */
  udpPort?: number
  /** Where packets of UDP go. Default all of the subnet. */
  udpAddress?: string
  /** The first is the master. Default 8 channels of EEG at 256 Hz and 2 of EMG at 512 Hz, 32 packets a second. */
  signals?: readonly SimulatedTiaSignal[]
  faults?: readonly Fault[]
}

const SIGNALS: readonly SimulatedTiaSignal[] = [
  { type: 'eeg', channels: 8, sampleRate: 256, blockSize: 8 },
  { type: 'emg', channels: 2, sampleRate: 512, blockSize: 16 }
]
/** Amplitude of the sines. The ramp goes up by 1 per sample, from −500 to 499. */
const AMPLITUDE = 500

/** Takes the place of a TiA server: all commands, data in real time over TCP and UDP, and faults on demand. */
export class TiaSimulator implements RunningSimulator {
  readonly #signals: readonly SimulatedTiaSignal[]
  readonly #lines = new LineFaults()
  readonly #samples = new SampleFaults()
  readonly #script: FaultScript
  readonly #abort = new AbortController()
  readonly #log = getLogger('nodeacq.TiaSimulator')
  #service!: TiaService
  #ended = Promise.resolve()
  /** Numbers that were left out for jumps. */
  #jumped = 0

  private constructor({ signals = SIGNALS, faults = [] }: TiaSimulatorOptions) {
    this.#signals = signals
    this.#script = new FaultScript(faults, (fault) => this.inject(fault))
  }

  /** @throws {DeviceError} when the port is taken. @throws {ConfigError} a host beyond loopback without `insecure`. */
  static async start(options: TiaSimulatorOptions = {}): Promise<TiaSimulator> {
    const simulator = new TiaSimulator(options)
    simulator.#service = await TiaService.listen({
      port: 0,
      udpPort: 0,
      ...options,
      meta: metaOf(simulator.#signals),
      openLine: simulator.#openLine,
      isDeaf: () => simulator.#lines.isDeaf
    })
    simulator.#ended = simulator.#play()
    return simulator
  }

  get address(): string {
    return this.#service.address
  }

  get port(): number {
    return this.#service.port
  }

  get hints(): readonly string[] {
    return this.#signals.map(
      ({ type, channels, sampleRate, blockSize }) =>
        `signal ${type}: ${channels} channels, ${sampleRate} Hz, blocks of ${blockSize}`
    )
  }

  get clientCount(): number {
    return this.#service.clientCount
  }

  inject(fault: Fault): void {
    this.#log.info(`fault ${fault.kind}${fault.value && `=${fault.value}`}`)
    if (!this.#lines.inject(fault)) this.#samples.inject(fault)
  }

  async close(): Promise<void> {
    this.#script.close()
    this.#abort.abort()
    await this.#ended
    this.#lines.close()
    await this.#service.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  readonly #openLine: OpenLine = (socket) => {
    if (this.#lines.isRefusing) return undefined
    this.#script.begin()
    return this.#lines.add({ write: (bytes) => void socket.write(bytes), destroy: () => void socket.destroy() })
  }

  async #play(): Promise<void> {
    const { sampleRate, blockSize } = this.#signals[0]!
    const pacer = new Pacer(this.#abort.signal)
    let due = 0
    for (let k = 0; ; k++) {
      due += blockSize / sampleRate / this.#samples.rateFactor
      if (!(await pacer.until(due))) return
      this.#jump()
      const copies = this.#samples.next()
      if (copies === 0) this.#service.skip(1)
      else
        this.#service.send(
          this.#signals.map((signal) => blockOf(signal, k)),
          copies
        )
    }
  }

  #jump(): void {
    const by = this.#samples.counterOffset - this.#jumped
    if (by !== 0) this.#service.skip(by)
    this.#jumped += by
  }
}

function metaOf(signals: readonly SimulatedTiaSignal[]): TiaMetaInfo {
  const infos = signals.map(({ type, channels, sampleRate, blockSize }) => {
    const bit = signalBitOf(type)
    const names = Array.from({ length: channels }, (_, k) => (k === channels - 1 && k > 0 ? 'ramp' : `${type}${k + 1}`))
    return { bit, type: signalTypeOf(bit), sampleRate, blockSize, channels: names }
  })
  const { sampleRate, blockSize } = infos[0]!
  return { subject: { id: 'simulator' }, master: { sampleRate, blockSize }, signals: infos }
}

function blockOf({ type, channels, sampleRate, blockSize }: SimulatedTiaSignal, packet: number): TiaBlock {
  const data = new Float32Array(channels * blockSize)
  const shape = { rate: sampleRate, count: channels }
  for (let channel = 0, at = 0; channel < channels; channel++) {
    for (let k = 0; k < blockSize; k++, at++) data[at] = AMPLITUDE * testSignal(packet * blockSize + k, channel, shape)
  }
  return { bit: signalBitOf(type), channels, blockSize, data }
}
