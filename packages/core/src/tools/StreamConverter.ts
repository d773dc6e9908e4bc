import type { OutputOptions } from '@nodeacq/stream'
import { Node } from '../Node.ts'
import { registerNodeType } from '../nodeTypes.ts'
import { signalInfo } from './signalInfo.ts'

/**
 * Relays a stream with the same indexes, so that it goes on over another protocol, transfer mode or dtype.
 * Input `in`, output `out`, any shape; a dtype configured on the output casts as numpy does (truncating).
 */
export class StreamConverter extends Node {
  static override readonly inputSpecs = { in: {} }
  static override readonly outputSpecs = { out: {} }

  protected override async _initialize(): Promise<void> {
    const dtype = this.output.isConfigured ? this.output.info.dtype : undefined
    const wanted: OutputOptions = signalInfo(this.input)
    await this.output.configure({ ...wanted, dtype: this.output.spec.dtype ?? dtype ?? this.input.info.dtype })
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { dtype } = this.output.info
    for await (const { index, data, gaps } of this.input.chunks(signal)) {
      for (const gap of gaps) this.output.skip(gap)
      // A cast makes an array of its own; otherwise the data is ours already and goes on without a copy.
      await this.output.send(data.dtype.equals(dtype) ? data : data.astype(dtype), index, { handOver: true })
    }
  }
}
registerNodeType(StreamConverter)
