import { getLogger } from '@nodeacq/rpc'
import { Pacer } from '../../devices/Pacer.ts'
import { describeChannels } from '../../lsl/outlet/describeStream.ts'
import { LslStreamOutlet, type LslStreamDescription } from '../../lsl/net/LslStreamOutlet.ts'
import { lslClock } from '../../lsl/net/lslClock.ts'
import type { LslSettings } from '../../lsl/settings/LslSettings.ts'
import { uniformNumbers } from '../../uniformNumbers.ts'
import { FaultScript } from '../FaultScript.ts'
import { FaultySocket } from '../FaultySocket.ts'
import { numberOf, type Fault } from '../faults.ts'
import { LineFaults } from '../LineFaults.ts'
import { SampleFaults } from '../SampleFaults.ts'
import type { RunningSimulator } from '../Simulator.ts'
import { testSignal } from '../testSignal.ts'

export interface LslSimulatorOptions {
  /** Default 127.0.0.1; beyond loopback only with `insecure`. */
  host?: string
  insecure?: boolean
  /** First of the ports to serve on; default 0: as `lsl_api.cfg` says. */
  port?: number
  /** Default nodeacq-simulator. */
  name?: string
  /** Default 8, the last of them a ramp. */
  channels?: number
  /** Hz; default 500. */
  sampleRate?: number
  settings?: Partial<LslSettings>
  faults?: readonly Fault[]
}

const AMPLITUDE = 500
/** Chunks in a second. */
const CHUNKS = 100

/** An outlet with a test signal in microvolts, and with faults on demand. */
export class LslSimulator implements RunningSimulator {
  readonly #description: LslStreamDescription
  readonly #options: LslSimulatorOptions
  readonly #lines = new LineFaults()
  readonly #samples = new SampleFaults()
  readonly #script: FaultScript
  readonly #abort = new AbortController()
  readonly #log = getLogger('nodeacq.LslSimulator')
  readonly #random = uniformNumbers(1)
  #outlet: LslStreamOutlet | undefined
  #ended = Promise.resolve()
  #restarting = Promise.resolve()
  /** s that stamps are ahead, and that they may be late. */
  #clockJump = 0
  #late = 0

  private constructor(options: LslSimulatorOptions) {
    const { name = 'nodeacq-simulator', channels = 8, sampleRate = 500, faults = [] } = options
    this.#options = options
    const channelInfo = Array.from({ length: channels }, (_, k) => ({
      name: k === channels - 1 && k > 0 ? 'ramp' : `ch${k + 1}`,
      unit: 'uV'
    }))
    this.#description = {
      name,
      type: 'EEG',
      channelCount: channels,
      channelFormat: 'float32',
      nominalRate: sampleRate,
      sourceId: `nodeacq-simulator-${name}`,
      desc: describeChannels({ channelInfo, units: 'uV' }, channels, 'EEG')
    }
    this.#script = new FaultScript(faults, (fault) => this.inject(fault))
  }

  /** @throws {DeviceError} when no port can be had. @throws {ConfigError} a host beyond loopback without `insecure` */
  static async start(options: LslSimulatorOptions = {}): Promise<LslSimulator> {
    const simulator = new LslSimulator(options)
    await simulator.#open()
    simulator.#ended = simulator.#play()
    return simulator
  }

  async #open(): Promise<void> {
    const { host, insecure, port = 0, settings = {} } = this.#options
    this.#outlet = await LslStreamOutlet.open(this.#description, {
      ...(host !== undefined && { host }),
      ...(insecure !== undefined && { insecure }),
      settings: { ...settings, ...(port > 0 && { basePort: port }) },
      faults: {
        openLine: (socket) => {
          if (this.#lines.isRefusing) return undefined
          this.#script.begin()
          return new FaultySocket(socket, this.#lines)
        },
        isDeaf: () => this.#lines.isDeaf
      }
    })
  }

  get address(): string {
    const { host = '127.0.0.1' } = this.#options
    return `lsl://${host}:${this.#outlet?.info.v4DataPort ?? 0}`
  }

  get hints(): readonly string[] {
    const { name, channelCount, nominalRate } = this.#description
    return [`stream '${name}': ${channelCount} channels, ${nominalRate} Hz; nodeacq lsl list shows it`]
  }

  get clientCount(): number {
    return this.#outlet?.consumerCount ?? 0
  }

  inject(fault: Fault): void {
    this.#log.info(`fault ${fault.kind}${fault.value && `=${fault.value}`}`)
    if (fault.kind === 'setClock') this.#clockJump += numberOf(fault, 100)
    else if (fault.kind === 'late') this.#late = numberOf(fault, 5) / 1000
    else if (fault.kind === 'restart') {
      const seconds = numberOf(fault, 1)
      this.#restarting = this.#restarting.then(() => this.#restart(seconds))
    } else if (!this.#lines.inject(fault)) this.#samples.inject(fault)
  }

  async #restart(seconds: number): Promise<void> {
    await this.#outlet?.close()
    this.#outlet = undefined
    if (await new Pacer(this.#abort.signal).until(seconds)) await this.#open()
  }

  async close(): Promise<void> {
    this.#script.close()
    this.#abort.abort()
    await this.#ended
    await this.#restarting
    this.#lines.close()
    await this.#outlet?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #play(): Promise<void> {
    const { channelCount, nominalRate = 1 } = this.#description
    const size = Math.max(1, Math.round(nominalRate / CHUNKS))
    const values = new Float32Array(size * channelCount)
    const pacer = new Pacer(this.#abort.signal)
    const start = lslClock()
    let due = 0
    for (let k = 0; ; k++) {
      due += size / nominalRate / this.#samples.rateFactor
      if (!(await pacer.until(due))) return
      for (let n = 0, at = 0; n < size; n++) {
        for (let channel = 0; channel < channelCount; channel++, at++) {
          values[at] = AMPLITUDE * testSignal(k * size + n, channel, { rate: nominalRate, count: channelCount })
        }
      }
      const stamp = start + due - 1 / nominalRate + this.#clockJump + this.#late * this.#random()
      if (this.#samples.next() > 0) this.#outlet?.pushNumbers(new Uint8Array(values.buffer), stamp)
    }
  }
}
