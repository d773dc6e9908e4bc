import { ConfigError, registerNodeType } from '@nodeacq/core'
import { parseDType } from '@nodeacq/ndarray'
import { readEvents, type Chunk, type InputStream } from '@nodeacq/stream'
import { z } from 'zod'
import { serverConfig, ViewerNode } from '../nodes/ViewerNode.ts'
import type { SubscribeMessage, ViewStatus } from '../protocol/messages.ts'
import type { View } from '../server/Viewer.ts'
import { displaySamples } from '../signal/displaySamples.ts'
import { describeSignal } from '../signal/describeSignal.ts'
import { SignalView, type Signal, type SignalSource } from '../signal/SignalView.ts'
import { ChannelParams } from './ChannelParams.ts'
import { oscilloscopeParams, type OscilloscopeParams } from './params.ts'

const config = z.object({
  ...serverConfig,
  maxWindow: z
    .number()
    .positive()
    .default(60)
    .describe('s that pages can look back at least; more is kept where it costs nothing')
    .meta({ pyacq: 'max_xsize' })
})
type Config = z.infer<typeof config>

/**
 * Shows a signal in any browser. Inputs `signals`: `(samples, channels)` numbers; `events`, if connected: marks in the
 * picture, at samples of the signal.
 */
export class Oscilloscope extends ViewerNode<Config, OscilloscopeParams> {
  static override readonly description =
    'Shows a signal in the browser: sweep or scroll, back in time, gaps and events.'
  static override readonly configSchema = config
  static override readonly paramsSchema = oscilloscopeParams
  static override readonly inputSpecs = {
    signals: { delivery: 'latest' },
    events: { delivery: 'latest', optional: true }
  } as const
  protected override readonly kind = 'oscilloscope'
  #signal: Signal | undefined
  readonly #source: SignalSource = {
    signal: () => this.#signal,
    params: () => ({ ...this.params }),
    status: () => this.#status()
  }
  /** pyacq's `by_channel_params`. */
  readonly byChannelParams = new ChannelParams(this)

  protected override _checkInputs(): void {
    const { shape, dtype, sampleRate } = this.#signals.info
    const isSignal = shape.length === 2 && shape[1]! > 0 && 'fiub'.includes(parseDType(dtype).kind)
    if (!isSignal || !(sampleRate > 0)) {
      const got = `${JSON.stringify(dtype)} of shape (${shape.join(', ')}) at ${sampleRate} Hz`
      throw new ConfigError(this._subject, [
        `input 'signals': expected numbers of shape (samples, channels), got ${got}`
      ])
    }
  }

  protected override async _initialize(): Promise<void> {
    const { info, source } = this.#signals
    const stream = source?.node && source.output ? `${source.node}.${source.output}` : this.name
    this.#signal = describeSignal(info, { stream, seconds: this.config.maxWindow })
    await super._initialize()
  }

  protected override _open(wish: SubscribeMessage): View {
    return new SignalView(this.#source, wish)
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    this.#signal?.store.begin()
    const events = this.inputs['events']!
    const reading = events.isConnected ? this.#readEvents(events, signal) : undefined
    let run: number | undefined
    for await (const chunk of this.#signals.chunks({ signal, borrow: true })) {
      if (run !== undefined && chunk.run !== run) this.#signal?.store.begin()
      run = chunk.run
      this.#take(chunk)
    }
    await reading
  }

  #take({ data, index, gaps }: Chunk): void {
    const { store } = this.#signal!
    for (const gap of gaps) store.lose(gap)
    store.append(displaySamples(data, store.pyramid.dtype), data.length, index)
  }

  async #readEvents(input: InputStream, signal: AbortSignal): Promise<void> {
    for await (const { data } of input.chunks({ signal, borrow: true })) {
      for (const { index, label, value } of readEvents(data)) {
        if (index >= 0) this.#signal?.store.events.push({ index, label: label || String(value) })
      }
    }
  }

  get #signals(): InputStream {
    return this.inputs['signals']!
  }

  #status(): ViewStatus {
    const { lostSamples, skippedSamples, latencyMs, next } = this.#signals.status()
    return {
      state: this.state,
      newest: next ?? 0,
      lost: lostSamples,
      skipped: skippedSamples,
      latency: latencyMs?.p50 ?? null
    }
  }
}
registerNodeType(Oscilloscope)
