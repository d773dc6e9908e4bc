import { SosFilter, getEngine, parseSosCoefficients } from '@nodeacq/nodes'
import { NdArray } from '@nodeacq/ndarray'
import { InputStream, OutputStream } from '@nodeacq/stream'
import { testSections, testSignal } from './signal.ts'

const CHANNELS = 64
const SECTIONS = 8
const SPEC = {
  dtype: 'float32',
  shape: [-1, CHANNELS],
  sampleRate: 30_000,
  protocol: 'inproc',
  flow: 'wait'
} as const

/** A way that chunks go within this process. */
export interface Way extends AsyncDisposable {
  /** µs per chunk of so many, each of which is sent when the one before has come out: as in real time. */
  measure(chunks: number): Promise<number>
}

/** From an output through a SosFilter, or straight, to an input. */
export async function openWay(rows: number, through: 'node' | 'nothing'): Promise<Way> {
  const source = new OutputStream(SPEC)
  await source.configure()
  const filter = new SosFilter({ name: 'filter' })
  if (through === 'node') {
    await filter.configure({ coefficients: testSections(SECTIONS) })
    await filter.input.connect(source, { delivery: 'complete' })
    await filter.output.configure({ protocol: 'inproc' })
    await filter.initialize()
  }
  const sink = new InputStream({ delivery: 'complete' })
  await sink.connect(through === 'node' ? filter.output : source)
  source.startRun()
  if (through === 'node') await filter.start()
  sink.startRun()
  const received = sink.chunks({ borrow: true })[Symbol.asyncIterator]()
  const data = NdArray.fromTyped(testSignal(rows * CHANNELS, 'float32'), [rows, CHANNELS])
  return {
    measure: async (chunks) => {
      const start = performance.now()
      for (let k = 0; k < chunks; k++) {
        const next = received.next()
        // Nobody writes into the samples again, so that the same ones can be handed over each time.
        await source.send(data, undefined, { handOver: true })
        await next
      }
      return ((performance.now() - start) * 1000) / chunks
    },
    [Symbol.asyncDispose]: async () => {
      await source.endRun()
      while ((await received.next()).done !== true);
      await filter.finished()
      await filter.close()
      await sink.close()
      await source.close()
    }
  }
}

/** The kernel of that filter on chunks of so many rows; into the same memory each time, or into new memory as a node has to. */
export function kernelAlone(rows: number, memory: 'same' | 'new'): () => void {
  const kernel = getEngine('auto').sos(parseSosCoefficients(testSections(SECTIONS)), { channelCount: CHANNELS })
  const input = testSignal(rows * CHANNELS, 'float32')
  const output = new Float32Array(input.length)
  return () => kernel.process(input, memory === 'same' ? output : new Float32Array(input.length))
}
