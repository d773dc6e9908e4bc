import { registerNodeType } from '@nodeacq/core'
import { parseDType, type ReadonlyNdArray } from '@nodeacq/ndarray'
import type { StreamInfo } from '@nodeacq/stream'
import { z } from 'zod'
import { SignalViewer } from '../nodes/SignalViewer.ts'
import { serverConfig } from '../nodes/ViewerNode.ts'
import { ChannelParams } from '../oscilloscope/ChannelParams.ts'
import { oscilloscopeParams, type OscilloscopeParams } from '../oscilloscope/params.ts'
import type { SubscribeMessage } from '../protocol/messages.ts'
import type { View } from '../server/Viewer.ts'
import { SignalView } from '../signal/SignalView.ts'
import { expandBits, lineCount } from './expandBits.ts'

const config = z.object({
  ...serverConfig,
  maxWindow: z
    .number()
    .positive()
    .default(60)
    .describe('s that pages can look back at least')
    .meta({ pyacq: 'max_xsize' })
})
type Config = z.infer<typeof config>

/** How high a line is drawn, of the distance to the next; pyacq's number. */
const HEIGHT = 0.8

/**
 * Shows the lines of a digital stream in any browser, each bit a lane. Input `signals`: `(samples, columns)` integers; line
 * c is bit `c mod bits` of column `c div bits`, the lowest bit first. A pulse of one sample is seen.
 */
export class DigitalOscilloscope extends SignalViewer<Config, OscilloscopeParams> {
  static override readonly description = 'Shows the lines of a digital stream in the browser, a lane for each bit.'
  static override readonly configSchema = config
  static override readonly paramsSchema = oscilloscopeParams
  protected override readonly kind = 'oscilloscope'
  protected override readonly dtypeKinds = 'iub'
  /** pyacq's `by_channel_params`. */
  readonly byChannelParams = new ChannelParams(this)

  protected get seconds(): number {
    return this.config.maxWindow
  }

  protected override async _initialize(): Promise<void> {
    await super._initialize()
    if (!this.params.isAutoScaled) return
    const { length } = this.signal!.info.channels
    const channels = Object.fromEntries(
      Array.from({ length }, (_, c) => [`ch${c}`, { gain: HEIGHT, offset: length - 1 - c }])
    )
    await this.setParams({ isAutoScaled: false, yMin: -0.5, yMax: length - 0.5 + HEIGHT, channels })
  }

  protected override shownAs(info: StreamInfo): StreamInfo {
    const lines = lineCount(info.shape[1]!, parseDType(info.dtype).itemSize)
    const named = info.channelInfo?.length === lines ? info.channelInfo : undefined
    const channelInfo = named ?? Array.from({ length: lines }, (_, c) => ({ name: `ch${c}` }))
    return { ...info, dtype: 'int16', shape: [-1, lines], scale: null, offset: null, units: '', channelInfo }
  }

  protected override samplesOf(data: ReadonlyNdArray): Int16Array {
    return expandBits(data)
  }

  protected override _open(wish: SubscribeMessage): View {
    return new SignalView(this.source, wish)
  }
}
registerNodeType(DigitalOscilloscope)
