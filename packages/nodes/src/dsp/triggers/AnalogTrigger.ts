import { registerNodeType } from '@nodeacq/core'
import { parseDType, type ReadonlyNdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { ChannelReader } from '../ChannelReader.ts'
import { channelSchema, findChannel } from '../findChannel.ts'
import { TriggerNode, triggerParams } from './TriggerNode.ts'

const params = z.object({
  channel: channelSchema.default(0).describe('number of the channel, from 0, or its name'),
  threshold: z.number().default(0).describe('in the units of the signal'),
  ...triggerParams
})

/**
 * Tells where one channel of a signal crosses a threshold; the rules are those of `TriggerKernel`. Of a float32 signal the
 * threshold is rounded to float32 before it is compared, as numpy does.
 */
export class AnalogTrigger extends TriggerNode<z.infer<typeof params>> {
  static override readonly description = 'Positions at which a channel crosses a threshold, debounced.'
  static override readonly paramsSchema = params

  protected override _createReader({ channel }: z.infer<typeof params>): (data: ReadonlyNdArray) => Float64Array {
    const reader = new ChannelReader()
    const number = findChannel(this.input.info, channel, { subject: this._subject })
    return (data) => reader.read(data, number)
  }

  protected override _threshold({ threshold }: z.infer<typeof params>): number {
    return parseDType(this.input.info.dtype).name.endsWith('float32') ? Math.fround(threshold) : threshold
  }
}
registerNodeType(AnalogTrigger)
