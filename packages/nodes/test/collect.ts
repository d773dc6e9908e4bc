import { NdArray } from '@nodeacq/ndarray'
import { InputStream, type Gap, type StreamSource } from '@nodeacq/stream'

/** What came out of one run of an output. */
export interface Collected {
  /** All samples, one after the other. */
  data: NdArray
  /** Index of each chunk. */
  indexes: number[]
  gaps: Gap[]
  /** ms on the monotonic clock at which each chunk came. */
  times: number[]
}

/** Connects to an output that has not started; resolves when it will not miss anything. `done` gives the next run. */
export async function collect(output: StreamSource): Promise<{ done: Promise<Collected> }> {
  const input = new InputStream({ delivery: 'complete' })
  await input.connect(output)
  input.startRun()
  return { done: gather(input) }
}

async function gather(input: InputStream): Promise<Collected> {
  const parts: NdArray[] = []
  const result = { indexes: [] as number[], gaps: [] as Gap[], times: [] as number[] }
  for await (const { index, data, gaps } of input.chunks()) {
    parts.push(data.copy())
    result.indexes.push(index)
    result.gaps.push(...gaps)
    result.times.push(performance.now())
  }
  const { dtype, shape } = input.info
  await input.close()
  return { data: concatenate(parts, { dtype, sampleShape: shape.slice(1) }), ...result }
}

function concatenate(
  parts: readonly NdArray[],
  empty: { dtype: Parameters<typeof NdArray.zeros>[1]; sampleShape: readonly number[] }
): NdArray {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const result = NdArray.zeros([length, ...empty.sampleShape], parts[0]?.dtype ?? empty.dtype)
  let at = 0
  for (const part of parts) {
    part.copyTo(result.slice(at, at + part.length))
    at += part.length
  }
  return result
}
