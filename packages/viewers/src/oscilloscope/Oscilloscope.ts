import { registerNodeType } from '@nodeacq/core'
import { readEvents, type InputStream } from '@nodeacq/stream'
import { z } from 'zod'
import { SignalViewer } from '../nodes/SignalViewer.ts'
import { serverConfig } from '../nodes/ViewerNode.ts'
import type { SubscribeMessage } from '../protocol/messages.ts'
import type { View } from '../server/Viewer.ts'
import { SignalView } from '../signal/SignalView.ts'
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
export class Oscilloscope extends SignalViewer<Config, OscilloscopeParams> {
  static override readonly description =
    'Shows a signal in the browser: sweep or scroll, back in time, gaps and events.'
  static override readonly configSchema = config
  static override readonly paramsSchema = oscilloscopeParams
  static override readonly inputSpecs = {
    ...SignalViewer.inputSpecs,
    events: { delivery: 'latest' as const, optional: true }
  }
  protected override readonly kind = 'oscilloscope'
  /** pyacq's `by_channel_params`. */
  readonly byChannelParams = new ChannelParams(this)

  protected get seconds(): number {
    return this.config.maxWindow
  }

  protected override _open(wish: SubscribeMessage): View {
    return new SignalView(this.source, wish)
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const events = this.inputs['events']!
    await Promise.all([super._run(signal), events.isConnected ? this.#readEvents(events, signal) : undefined])
  }

  async #readEvents(input: InputStream, signal: AbortSignal): Promise<void> {
    for await (const { data } of input.chunks({ signal, borrow: true })) {
      for (const { index, label, value } of readEvents(data)) {
        if (index >= 0) this.signal?.store.events.push({ index, label: label || String(value) })
      }
    }
  }
}
registerNodeType(Oscilloscope)
