import { NdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { Node } from '../Node.ts'
import { registerNodeType } from '../nodeTypes.ts'
import { RunFollower } from '../RunFollower.ts'
import { describeOutput, infoOfInput } from '../outputDefaults.ts'

const config = z.object({
  chunkSize: z.number().int().positive().default(100).describe('samples in each chunk').meta({ pyacq: 'chunksize' })
})

/**
 * Cuts a stream into chunks of one size. Input `in`, output `out`, any shape; indexes are those of the input (pyacq
 * counts anew). Only before a gap, and at the end of a run, a chunk may be shorter: no sample is held back for ever.
 */
export class ChunkResizer extends Node<z.infer<typeof config>> {
  static override readonly configSchema = config
  static override readonly description = 'Cuts a stream into chunks of one size, with the same indexes.'
  static override readonly inputSpecs = { in: {} }
  static override readonly outputSpecs = { out: {} }

  protected override async _initialize(): Promise<void> {
    await describeOutput(this.output, infoOfInput(this.input))
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { chunkSize } = this.config
    const { dtype, shape } = this.input.info
    let pending = NdArray.zeros([chunkSize, ...shape.slice(1)], dtype)
    let filled = 0
    let head = 0

    const emit = async () => {
      if (filled === 0) return
      const chunk = filled === chunkSize ? pending : pending.slice(0, filled)
      // The chunk is given away, so the next one is collected in a buffer of its own.
      pending = NdArray.zeros(pending.shape, dtype)
      filled = 0
      await this.output.send(chunk, head, { handOver: true })
    }

    const runs = new RunFollower(this.output)
    let run: number | undefined
    for await (const chunk of this.input.chunks(signal)) {
      const { index, data, gaps } = chunk
      if (gaps.length > 0 || chunk.run !== run) await emit()
      run = chunk.run
      runs.begins(chunk)
      for (const gap of gaps) this.output.skip(gap)
      head = index - data.length
      for (let from = 0; from < data.length;) {
        const count = Math.min(chunkSize - filled, data.length - from)
        data.slice(from, from + count).copyTo(pending.slice(filled, filled + count))
        from += count
        filled += count
        head += count
        if (filled === chunkSize) await emit()
      }
    }
    await emit()
  }
}
registerNodeType(ChunkResizer)
