import { ConfigError, registerNodeType } from '@nodeacq/core'
import { parseDType, type ReadonlyNdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { ChannelReader } from '../ChannelReader.ts'
import { requireSignal } from '../signalInput.ts'
import { TriggerNode, triggerParams } from './TriggerNode.ts'

const params = z.object({
  channel: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe('number of the bit, from 0 for the lowest of the first column, through all columns'),
  threshold: z
    .number()
    .default(0.5)
    .describe('compared with the value of the bit, 0 or 2 to the power of its place in its column'),
  ...triggerParams
})

/**
 * Tells where one bit of a digital signal rises or falls; the rules are those of `TriggerKernel`. Input `signals`:
 * integers `(samples, columns)`; bit `channel` is bit `channel % n` of column `channel div n`, with n bits in an item.
 * pyacq counts bytes there, so that of uint8 it finds only the lowest bit; this is put right here.
 */
export class DigitalTrigger extends TriggerNode<z.infer<typeof params>> {
  static override readonly description = 'Positions at which a bit rises or falls, debounced.'
  static override readonly paramsSchema = params

  protected override _checkInputs(): void {
    requireSignal(this.input, this._subject, 'iub')
    super._checkInputs()
  }

  protected override _createReader({ channel }: z.infer<typeof params>): (data: ReadonlyNdArray) => Float64Array {
    const reader = new ChannelReader()
    const { shape, dtype } = this.input.info
    const bits = parseDType(dtype).itemSize * 8
    const count = shape[1]! * bits
    if (channel >= count) {
      const what = `${shape[1]} columns of ${bits} bits`
      throw new ConfigError(this._subject, [
        `'channel': expected 0 to ${count - 1} (${what}), got ${channel}; nearest ${count - 1}`
      ])
    }
    const column = Math.floor(channel / bits)
    return (data) => reader.readBit(data, column, channel % bits)
  }

  protected override _threshold({ threshold }: z.infer<typeof params>): number {
    return threshold
  }
}
registerNodeType(DigitalTrigger)
