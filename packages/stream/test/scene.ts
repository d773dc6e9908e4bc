import { InputStream, OutputStream } from '@nodeacq/stream'
import type { Chunk, Delivery, OutputOptions } from '@nodeacq/stream'
import { Script, readOn } from './accounts.ts'
import { BadNetwork } from './badNetwork.ts'
import { transport } from './transport.ts'

/** An output, its script, a bad network before it, and an input behind that. */
export async function scene(delivery: Delivery, options: OutputOptions = {}, name?: string) {
  const output = new OutputStream({ shape: [-1, 2], ...transport(), ...options })
  await output.configure()
  const network = await BadNetwork.before(output)
  const input = new InputStream({ highWaterMark: 0 })
  await input.connect(network.params, { delivery, ...(name !== undefined && { name }) })
  return {
    output,
    network,
    input,
    script: new Script(output),
    /** Reads until the newest run of the output has ended. */
    read: (chunks?: Chunk[]) => readOn(input, () => input.ledger.run === output.run, chunks),
    async [Symbol.asyncDispose]() {
      await input.close()
      await output.close()
      await network[Symbol.asyncDispose]()
    }
  }
}
