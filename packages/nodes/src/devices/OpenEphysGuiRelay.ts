import { setTimeout as sleep } from 'node:timers/promises'
import { DeviceError, Node, describeOutput, registerNodeType } from '@nodeacq/core'
import {
  InputStream,
  parseWireParams,
  StreamError,
  type Chunk,
  type StreamInfo,
  type WireParams
} from '@nodeacq/stream'
import { z } from 'zod'
import { BackOff } from './BackOff.ts'
import { Requester } from './openephys/Requester.ts'

const config = z.object({
  url: z
    .string()
    .default('tcp://127.0.0.1:20000')
    .describe('where the relay in the GUI takes requests')
    .meta({ pyacq: 'openephys_url' }),
  timeout: z.number().positive().default(5).describe('s to wait for an answer')
})

type Config = z.infer<typeof config>

/** ms without data after which the relay is asked whether it is still the one that was connected. */
const QUIET = 1000

interface Described {
  readonly params: WireParams
  readonly info: StreamInfo
}

/**
 * The relay for pyacq in the Open Ephys GUI: a stream of pyacq's that is started and stopped by requests. Output `signals`:
 * dtype, rate and channels as the relay describes them, usually `(samples, channels)` float32 in shared memory.
 *
 * Deliberate differences to pyacq/devices/openephys_gui_relay.py: the stream comes through an output of this node instead of
 * the relay's own parameters, it is not started while it is configured, and a relay that ends is connected again.
 */
export class OpenEphysGuiRelay extends Node<Config> {
  static override readonly description = 'The relay for pyacq in the Open Ephys GUI, with requests on port 20000.'
  static override readonly configSchema = config
  static override readonly outputSpecs = { signals: { streamType: 'analogsignal', dtype: 'float32' } }
  #counts = { reconnects: 0, badAnswers: 0 }

  protected override async _configure({ url, timeout }: Config): Promise<void> {
    await using requester = new Requester(url, timeout * 1000)
    const described = await this.#askConfig(requester)
    if (described === undefined) throw new DeviceError(`${this._subject}: no answer from ${url} within ${timeout} s`)
    await this.#describe(described.info)
  }

  async #describe({ dtype, shape, sampleRate, units, scale, offset, channelInfo }: StreamInfo): Promise<void> {
    const channelCount = shape.at(-1)!
    const info = { dtype, shape: [-1, ...shape.slice(1)], sampleRate, units, scale, offset, channelCount }
    await describeOutput(this.output, { ...info, ...(channelInfo && { channelInfo }) })
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { url, timeout } = this.config
    this.#counts = { reconnects: 0, badAnswers: 0 }
    const forward = new Forward(this)
    const backOff = new BackOff({ first: 0.2 })
    let isTold = false
    await using requester = new Requester(url, timeout * 1000)
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      const described = await this.#askConfig(requester).catch((error: unknown) => {
        if (!(error instanceof DeviceError)) throw error
        this.#counts.badAnswers += 1
        this.log.debug(error.message)
        return undefined
      })
      if (signal.aborted) break
      if (described !== undefined) {
        this.#requireSame(described.info)
        if (!isFirst) this.#counts.reconnects += 1
        if (isTold) this.log.info(`${this._subject}: connected to ${url} again`)
        isTold = false
        if (await this.#follow(described, requester, { forward, signal })) backOff.reset()
      }
      if (signal.aborted) break
      if (!isTold) this.log.warning(`${this._subject}: no data from ${url}, trying again`)
      isTold = true
      await backOff.wait(signal)
    }
    await requester.ask('stop')
  }

  /** Passes on what comes, until the stream ends or the relay is another one. Gives whether anything came. */
  async #follow(
    { params }: Described,
    requester: Requester,
    { forward, signal }: { forward: Forward; signal: AbortSignal }
  ): Promise<boolean> {
    await using input = new InputStream({ delivery: 'bestEffort' }, { node: this.name, name: 'relay' })
    const left = new AbortController()
    const before = forward.chunks
    try {
      await input.connect(params)
      input.startRun()
      if ((await requester.ask('start')) !== 'ok') return false
      forward.begin()
      void this.#watch(params, requester, { forward, left, signal })
      for await (const chunk of input.chunks({ signal: AbortSignal.any([signal, left.signal]) })) {
        await forward.take(chunk)
      }
    } catch (error) {
      if (!(error instanceof StreamError)) throw error
      this.log.debug(`${this._subject}: ${error.message}`)
    } finally {
      left.abort()
    }
    return forward.chunks > before
  }

  /** Leaves the stream when nothing comes any more and the relay does not answer, or describes another stream. */
  async #watch(
    params: WireParams,
    requester: Requester,
    { forward, left, signal }: { forward: Forward; left: AbortController; signal: AbortSignal }
  ): Promise<void> {
    const known = JSON.stringify(params)
    const over = AbortSignal.any([left.signal, signal])
    for (let seen = -1; !over.aborted;) {
      if (seen === forward.chunks) {
        const answer = await requester.ask('config')
        if (answer === undefined || answer !== known) left.abort()
        else if (!over.aborted) await requester.ask('start')
      }
      seen = forward.chunks
      await sleep(QUIET, undefined, { signal: over }).catch(() => {})
    }
  }

  /** What the relay says about its stream; undefined when it does not answer. @throws {DeviceError} */
  async #askConfig(requester: Requester): Promise<Described | undefined> {
    const answer = await requester.ask('config')
    if (answer === undefined) return undefined
    const { url } = requester
    try {
      const params = JSON.parse(answer) as WireParams
      const info = parseWireParams(params, `stream of ${url}`)
      if (info.shape.length !== 2) throw new SyntaxError(`expected a shape of two axes, got (${info.shape.join(', ')})`)
      return { params, info }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new DeviceError(`${this._subject}: the relay at ${url} describes no stream: ${reason}`, { cause })
    }
  }

  #requireSame({ shape, sampleRate }: StreamInfo): void {
    const { shape: own, sampleRate: rate } = this.output.info
    if (shape[1] === own[1] && sampleRate === rate) return
    throw new DeviceError(
      `${this._subject}: was described with ${own[1]} channels at ${rate} Hz, now has ${shape[1]} at ${sampleRate} Hz; ` +
        'configure the node again'
    )
  }

  /** `reconnects`: how often the stream was connected anew; `badAnswers`: descriptions of no stream. */
  protected override _counters(): Readonly<Record<string, number>> {
    return this.#counts
  }
}
registerNodeType(OpenEphysGuiRelay)

/** Numbers what comes on from connection to connection. */
class Forward {
  readonly #node: OpenEphysGuiRelay
  chunks = 0
  #run = -1
  /** Ours less that of the stream. */
  #offset = 0
  #end = 0
  #time = 0
  #isNew = true

  constructor(node: OpenEphysGuiRelay) {
    this.#node = node
  }

  /** Another stream begins. */
  begin(): void {
    this.#isNew = true
  }

  async take({ data, index, run }: Chunk): Promise<void> {
    const { output } = this.#node
    const now = performance.now()
    const start = index - data.length
    if (this.#isNew || run !== this.#run) {
      // The clock says how much was missed between two streams.
      const missed = Math.round(((now - this.#time) / 1000) * output.info.sampleRate) - data.length
      this.#offset = (this.chunks === 0 ? 0 : this.#end + Math.max(0, missed)) - start
    }
    this.#isNew = false
    this.#run = run
    this.#time = now
    this.chunks += 1
    this.#end = index + this.#offset
    await output.send(data, this.#end, { handOver: true })
  }
}
