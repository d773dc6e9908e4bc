import { ConfigError, type NodeInputSpec } from '@nodeacq/core'
import { parseDType, type ReadonlyNdArray } from '@nodeacq/ndarray'
import type { Chunk, InputStream, StreamInfo } from '@nodeacq/stream'
import type { z } from 'zod'
import type { ViewStatus } from '../protocol/messages.ts'
import { describeSignal } from '../signal/describeSignal.ts'
import type { Extremes } from '../pyramid/Level.ts'
import { displaySamples } from '../signal/displaySamples.ts'
import type { Signal, SignalSource } from '../signal/SignalView.ts'
import { ViewerNode, type serverConfig } from './ViewerNode.ts'

type ServerConfig = z.infer<z.ZodObject<typeof serverConfig>>

/**
 * A viewer of a signal. Input `signals`: `(samples, channels)` numbers, of which the newest are kept for those who look. A
 * new run begins anew.
 */
export abstract class SignalViewer<
  Config extends ServerConfig = ServerConfig,
  Params extends object = Record<string, unknown>
> extends ViewerNode<Config, Params> {
  static override readonly inputSpecs: Readonly<Record<string, NodeInputSpec>> = {
    signals: { delivery: 'latest' }
  }
  /** What a view shows. */
  protected readonly source: SignalSource = {
    signal: () => this.signal,
    params: () => ({ ...this.params }),
    status: () => this.#status()
  }
  /** Known from `initialize` on. */
  protected signal: Signal | undefined

  /** s that pages can look back at least. */
  protected abstract get seconds(): number
  /** Letters of numpy's kinds of dtypes that it shows. */
  protected readonly dtypeKinds: string = 'fiub'

  /** What pages are told of the signal: itself, unless it is shown as something else. */
  protected shownAs(info: StreamInfo): StreamInfo {
    return info
  }

  /** The samples of a chunk as they are shown, in the type that is kept. */
  protected samplesOf(data: ReadonlyNdArray, type: 'int16' | 'float32'): Extremes {
    return displaySamples(data, type)
  }

  protected get signals(): InputStream {
    return this.inputs['signals']!
  }

  protected override _checkInputs(): void {
    const { shape, dtype, sampleRate } = this.signals.info
    const isSignal = shape.length === 2 && shape[1]! > 0 && this.dtypeKinds.includes(parseDType(dtype).kind)
    if (!isSignal || !(sampleRate > 0)) {
      const numbers = this.dtypeKinds.includes('f') ? 'numbers' : 'integers'
      const got = `${JSON.stringify(dtype)} of shape (${shape.join(', ')}) at ${sampleRate} Hz`
      throw new ConfigError(this._subject, [
        `input 'signals': expected ${numbers} of shape (samples, channels), got ${got}`
      ])
    }
  }

  protected override async _initialize(): Promise<void> {
    const { info, source } = this.signals
    const stream = source?.node && source.output ? `${source.node}.${source.output}` : this.name
    this.signal = describeSignal(this.shownAs(info), { stream, seconds: this.seconds })
    await super._initialize()
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    this.signal?.store.begin()
    let run: number | undefined
    for await (const chunk of this.signals.chunks({ signal, borrow: true })) {
      if (run !== undefined && chunk.run !== run) this.signal?.store.begin()
      run = chunk.run
      this.#take(chunk)
    }
  }

  #take({ data, index, gaps }: Chunk): void {
    const { store } = this.signal!
    for (const gap of gaps) store.lose(gap)
    store.append(this.samplesOf(data, store.pyramid.dtype), data.length, index)
  }

  #status(): ViewStatus {
    const { lostSamples, skippedSamples, latencyMs, next } = this.signals.status()
    return {
      state: this.state,
      newest: next ?? 0,
      lost: lostSamples,
      skipped: skippedSamples,
      latency: latencyMs?.p50 ?? null
    }
  }
}
