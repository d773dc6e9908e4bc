import { ConfigError, DeviceError } from '@nodeacq/core'
import { getLogger } from '@nodeacq/rpc'
import { AddressInUseError } from '@nodeacq/zmq'
import { checkListenHost } from '../../checkListenHost.ts'
import type { Fault } from '../faults.ts'
import { FaultScript } from '../FaultScript.ts'
import type { RunningSimulator, SimulatorOptions } from '../Simulator.ts'
import { Acquisition, ACQUISITION_FAULTS, type AcquisitionEvents, type SimulatedStream } from './Acquisition.ts'
import { broadcastEvents, publishFalcon, publishMessages, type SendMessage } from './plugins.ts'
import { Publisher, PUBLISHER_FAULTS } from './Publisher.ts'
import { RequestServer } from './RequestServer.ts'

export const OPEN_EPHYS_FAULTS = { ...PUBLISHER_FAULTS, ...ACQUISITION_FAULTS } as const

export type OpenEphysPlugin = 'ZMQ Interface' | 'Falcon Output' | 'Event Broadcaster'

export interface OpenEphysSimulatorOptions extends SimulatorOptions {
  /** Default ZMQ Interface. */
  plugin?: OpenEphysPlugin
  /** Default one of 16 channels at 30 kHz. Falcon Output sends the first one. */
  streams?: readonly SimulatedStream[]
  /** s of a block; default 0.02. */
  blockTime?: number
}

const PLUGINS: Readonly<Record<OpenEphysPlugin, (send: SendMessage) => AcquisitionEvents>> = {
  'ZMQ Interface': publishMessages,
  'Falcon Output': publishFalcon,
  'Event Broadcaster': broadcastEvents
}
const STREAM: SimulatedStream = { name: 'Simulated', sampleRate: 30_000, channelCount: 16 }
/** Ports that are tried where any free pair will do. */
const ATTEMPTS = 20

interface Sockets {
  readonly publisher: Publisher
  readonly address: string
  readonly requests: RequestServer | undefined
}

/** Takes the place of an Open Ephys GUI that acquires, with one of the plugins that send what it acquires. */
export class OpenEphysSimulator implements RunningSimulator {
  readonly address: string
  /** Requests of applications: of the ZMQ Interface only. */
  readonly requests: RequestServer | undefined
  readonly plugin: OpenEphysPlugin
  readonly #publisher: Publisher
  readonly #acquisition: Acquisition
  readonly #script: FaultScript
  readonly #log = getLogger('nodeacq.OpenEphysSimulator')

  private constructor({ publisher, address, requests }: Sockets, options: OpenEphysSimulatorOptions) {
    const { plugin = 'ZMQ Interface', streams = [STREAM], blockTime = 0.02, faults = [] } = options
    this.plugin = plugin
    this.address = address
    this.requests = requests
    this.#publisher = publisher
    this.#script = new FaultScript(faults, (fault) => this.inject(fault))
    publisher.onSubscriber = () => this.#script.begin()
    const send: SendMessage = (frames) => {
      for (let times = this.#acquisition.faults.next(); times > 0; times--) publisher.send(frames)
    }
    this.#acquisition = new Acquisition(streams, blockTime, PLUGINS[plugin](send))
  }

  /** @throws {DeviceError} when the port is taken. @throws {ConfigError} a host beyond loopback without `insecure`. */
  static async start(options: OpenEphysSimulatorOptions = {}): Promise<OpenEphysSimulator> {
    const { plugin = 'ZMQ Interface', host = '127.0.0.1', port = 0, insecure = false } = options
    checkListenHost('Open Ephys simulator', host, insecure)
    if (options.streams?.length === 0) throw new ConfigError('Open Ephys simulator', ['expected a stream, got none'])
    try {
      return new OpenEphysSimulator(await openSockets(plugin, host, port), options)
    } catch (cause) {
      if (!(cause instanceof AddressInUseError)) throw cause
      throw new DeviceError(`Open Ephys simulator: cannot serve at ${host}:${port}: ${cause.message}`, { cause })
    }
  }

  get hints(): readonly string[] {
    const streams = this.#acquisition.streams.map(
      ({ name, sampleRate, channelCount }) => `${name} (${channelCount} channels, ${sampleRate} Hz)`
    )
    return [
      `plugin ${this.plugin}, streams ${streams.join(', ')}`,
      ...(this.requests ? [`requests at ${this.requests.address}`] : [])
    ]
  }

  /** Subscribers that came up to now. */
  get subscribers(): number {
    return this.#publisher.subscribers
  }

  inject(fault: Fault): void {
    this.#log.info(`fault ${fault.kind}${fault.value && `=${fault.value}`}`)
    if (!this.#publisher.inject(fault, this.address)) this.#acquisition.inject(fault)
  }

  async close(): Promise<void> {
    this.#script.close()
    this.#acquisition.close()
    this.requests?.close()
    await this.#publisher.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

async function openSockets(plugin: OpenEphysPlugin, host: string, port: number): Promise<Sockets> {
  for (let attempt = 1; ; attempt++) {
    const { publisher, address } = await Publisher.open(`tcp://${host}:${port === 0 ? '*' : port}`)
    if (plugin !== 'ZMQ Interface') return { publisher, address, requests: undefined }
    try {
      const requests = await RequestServer.open(addressAfter(address), () => publisher.isDeaf)
      return { publisher, address, requests }
    } catch (error) {
      await publisher.close()
      if (port !== 0 || attempt === ATTEMPTS || !(error instanceof AddressInUseError)) throw error
    }
  }
}

function addressAfter(address: string): string {
  const at = address.lastIndexOf(':') + 1
  return `${address.slice(0, at)}${Number(address.slice(at)) + 1}`
}
