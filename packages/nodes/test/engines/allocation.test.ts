import { getEngine, parseSosCoefficients, type SignalKernel } from '@nodeacq/nodes'
import type { TypedArray } from '@nodeacq/ndarray'
import { expect, test } from 'vitest'

/** Bytes by which the heap grows per call: the least of several tries, as other things of the process allocate too. */
function allocatedPerCall(run: () => void): number {
  const calls = 2000
  const tries = Array.from({ length: 20 }, () => {
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < calls; i++) run()
    return (process.memoryUsage().heapUsed - before) / calls
  })
  return Math.min(...tries.filter((growth) => growth >= 0))
}

const sections = parseSosCoefficients([
  [0.2, 0.3, 0.1, 1, -0.7, 0.2],
  [1, -1.6, 0.9, 1, -1.2, 0.5]
])
const engine = getEngine('wasm')

test.each<[string, SignalKernel, TypedArray, TypedArray]>([
  ['sos of float32', engine.sos(sections, { channelCount: 64 }), new Float32Array(64 * 30), new Float32Array(64 * 30)],
  ['sos of int16', engine.sos(sections, { channelCount: 32 }), new Int16Array(32 * 30), new Int16Array(32 * 30)],
  ['sos of float64', engine.sos(sections, { channelCount: 5 }), new Float64Array(150), new Float64Array(150)],
  ['fir', engine.resample([1, 2, 3], { channelCount: 8 }), new Float32Array(240), new Float32Array(240)],
  ['matrix', engine.matrix([[1, -1]], { channelCount: 2 }), new Float32Array(60), new Float32Array(30)],
  [
    'sliding',
    engine.sliding({ channelCount: 3, window: 20, statistic: 'rms' }),
    new Float32Array(90),
    new Float32Array(90)
  ]
])('%s allocates nothing per chunk', (_, kernel, input, output) => {
  // The smallest object is larger than this.
  expect(allocatedPerCall(() => void kernel.process(input, output))).toBeLessThan(8)
})
