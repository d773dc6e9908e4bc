import type { Node } from '@nodeacq/core'
import type { NdArray } from '@nodeacq/ndarray'
import { InputStream, OutputStream, type OutputOptions } from '@nodeacq/stream'

/** A stream that is sent: the pieces with the index behind each. */
export interface Sent {
  readonly spec: OutputOptions
  readonly pieces: readonly { readonly data: NdArray; readonly index: number }[]
}

export interface Received {
  readonly index: number
  readonly data: NdArray
}

/** Sends streams through a node and gives what comes out of each of its outputs. */
export async function runNode(
  node: Node,
  { config = {}, params = {} }: { config?: object; params?: object },
  streams: Readonly<Record<string, Sent>>
): Promise<Record<string, Received[]>> {
  await using running = node
  await running.configure(config)
  const sources = await Promise.all(Object.values(streams).map(open))
  for (const [k, name] of Object.keys(streams).entries()) {
    await running.inputs[name]!.connect(sources[k]!, { delivery: 'complete' })
  }
  await running.setParams(params)
  await running.initialize()
  const received: Record<string, Received[]> = {}
  const done = Object.entries(running.outputs).map(async ([name, output]) => {
    const input = new InputStream({ delivery: 'complete' })
    await input.connect(output)
    input.startRun()
    return async () => {
      received[name] = []
      for await (const { index, data } of input.chunks()) received[name].push({ index, data: data.copy() })
      await input.close()
    }
  })
  const readers = (await Promise.all(done)).map((read) => read())
  for (const source of sources) source.startRun()
  await running.start()
  await Promise.all(
    Object.values(streams).map(async ({ pieces }, k) => {
      for (const { data, index } of pieces) await sources[k]!.send(data, index)
      await sources[k]!.endRun()
    })
  )
  const error = await running.finished()
  if (error) throw error
  await Promise.all(readers)
  for (const source of sources) await source.close()
  return received
}

async function open({ spec }: Sent): Promise<OutputStream> {
  const source = new OutputStream({ flow: 'wait', ...spec })
  await source.configure()
  return source
}
