import { getLogger } from '@nodeacq/rpc'
import { Mw75Server, type Mw75ServerOptions } from '../../servers/mw75/Mw75Server.ts'
import { FaultScript } from '../FaultScript.ts'
import type { Fault } from '../faults.ts'
import { LineFaults } from '../LineFaults.ts'
import type { RunningSimulator } from '../Simulator.ts'
import { SimulatedHeadset } from './SimulatedHeadset.ts'
import { SimulatorSource } from './SimulatorSource.ts'

export interface Mw75SimulatorOptions extends Omit<Mw75ServerOptions, 'source' | 'faults'> {
  /** Percent, default 85. */
  readonly battery?: number
  readonly faults?: readonly Fault[]
}

/** An MW75 server with a headset that is not there, and faults on demand: of the headset, its radio, and the connections. */
export class Mw75Simulator implements RunningSimulator {
  readonly headset: SimulatedHeadset
  readonly #server: Mw75Server
  readonly #lines: LineFaults
  readonly #script: FaultScript
  readonly #log = getLogger('nodeacq.Mw75Simulator')

  private constructor(parts: {
    server: Mw75Server
    headset: SimulatedHeadset
    lines: LineFaults
    script: FaultScript
  }) {
    this.#server = parts.server
    this.headset = parts.headset
    this.#lines = parts.lines
    this.#script = parts.script
  }

  /** @throws {DeviceError} when the port is taken. @throws {ConfigError} a host beyond loopback without `insecure`. */
  static async start({ battery = 85, faults = [], ...options }: Mw75SimulatorOptions = {}): Promise<Mw75Simulator> {
    const headset = new SimulatedHeadset({ battery })
    const lines = new LineFaults()
    const script: FaultScript = new FaultScript(faults, (fault) => simulator.inject(fault))
    const server = await Mw75Server.start({
      ...options,
      source: new SimulatorSource(headset),
      faults: lines,
      onClient: () => script.begin()
    })
    const simulator = new Mw75Simulator({ server, headset, lines, script })
    return simulator
  }

  get address(): string {
    return this.#server.address
  }

  get hints(): readonly string[] {
    return this.#server.hints
  }

  get clientCount(): number {
    return this.#server.clientCount
  }

  inject(fault: Fault): void {
    this.#log.info(`fault ${fault.kind}${fault.value && `=${fault.value}`}`)
    if (!this.headset.inject(fault)) this.#lines.inject(fault)
  }

  async close(): Promise<void> {
    this.#script.close()
    await this.#server.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
