import { Node } from '../Node.ts'
import { registerNodeType } from '../nodeTypes.ts'
import { RunFollower } from '../RunFollower.ts'
import { describeOutput, infoOfInput } from '../outputDefaults.ts'

/**
 * Relays a stream with the same indexes, so that it goes on over another protocol, transfer mode or dtype.
 * Input `in`, output `out`, any shape; a dtype configured on the output casts as numpy does (truncating).
 */
export class StreamConverter extends Node {
  static override readonly description =
    'Relays a stream over another protocol, transfer mode or dtype, with the same indexes.'
  static override readonly inputSpecs = { in: {} }
  static override readonly outputSpecs = { out: {} }

  protected override async _initialize(): Promise<void> {
    const { dtype: own, ...info } = infoOfInput(this.input)
    // A dtype that the output was configured with stays: that is what the converter is for.
    await describeOutput(this.output, this.output.isGiven('dtype') ? info : { ...info, dtype: own })
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { dtype } = this.output.info
    const runs = new RunFollower(this.output)
    for await (const chunk of this.input.chunks(signal)) {
      const { index, data, gaps } = chunk
      runs.begins(chunk)
      for (const gap of gaps) this.output.skip(gap)
      // A cast makes an array of its own; otherwise the data is ours already and goes on without a copy.
      await this.output.send(data.dtype.equals(dtype) ? data : data.astype(dtype), index, { handOver: true })
    }
  }
}
registerNodeType(StreamConverter)
