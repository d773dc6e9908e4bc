import { NdArray } from '@nodeacq/ndarray'
import { OutputStream, type OutputOptions } from '@nodeacq/stream'

// A probe: 384 channels at 30 kHz, int16, in chunks of 10 ms.
const CHANNELS = 384
export const SAMPLE_RATE = 30_000
export const SAMPLES = 300
/** Chunks a second. */
export const RATE = SAMPLE_RATE / SAMPLES
export const CHUNK_BYTES = SAMPLES * CHANNELS * 2
export const PROBES = 4

/** So many probes that are streaming. */
export async function openProbes(count: number, options: OutputOptions): Promise<OutputStream[]> {
  const outputs: OutputStream[] = []
  for (let k = 0; k < count; k++) {
    const output = new OutputStream({ dtype: 'int16', shape: [-1, CHANNELS], sampleRate: SAMPLE_RATE, ...options })
    await output.configure()
    output.startRun()
    outputs.push(output)
  }
  return outputs
}

/** Chunks whose bytes differ, to be sent in turns; a signal of 10 bits beside noise. */
export function chunks(): NdArray[] {
  return Array.from({ length: 16 }, (_, k) => {
    const values = new Int16Array(SAMPLES * CHANNELS)
    for (let n = 0; n < values.length; n++) values[n] = ((n * 2_654_435_761 + k * 40_503) >>> 22) - 512
    return NdArray.fromTyped(values, [SAMPLES, CHANNELS])
  })
}
