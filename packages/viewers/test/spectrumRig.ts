import { NdArray } from '@nodeacq/ndarray'
import { OutputStream } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { SpectrumViewer } from '../src/index.ts'

/** Hz */
export const RATE = 1000

/** A viewer of a signal with a sine of another frequency and height on each channel, which `send` sends. */
export async function viewerOf(
  waves: readonly { frequency: number; height: number }[],
  params: Record<string, unknown>
) {
  const output = new OutputStream(
    { dtype: 'float32', shape: [-1, waves.length], sampleRate: RATE, scale: 2 },
    { node: 'amp', name: 'signals' }
  )
  await output.configure()
  const viewer = new SpectrumViewer({ name: 'spectrum' })
  await viewer.configure()
  await viewer.input.connect(output)
  await viewer.setParams(params)
  await viewer.initialize()
  await viewer.start()
  const send = async (from: number, count: number): Promise<void> => {
    const values = Float32Array.from({ length: count * waves.length }, (_, k) => {
      const { frequency, height } = waves[k % waves.length]!
      return height * Math.sin((2 * Math.PI * frequency * (from + Math.floor(k / waves.length))) / RATE)
    })
    await output.send(NdArray.fromTyped(values, [count, waves.length]), from + count)
    await waitFor(() => viewer.input.status().next === from + count)
  }
  const dispose = async (): Promise<void> => {
    await viewer[Symbol.asyncDispose]()
    await output.close()
  }
  return { viewer, send, [Symbol.asyncDispose]: dispose }
}
