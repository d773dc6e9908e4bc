import { AnalogTrigger } from '@nodeacq/nodes'
import { NdArray } from '@nodeacq/ndarray'
import { kwargs, RpcServer, setItem, spawnProcess, type Remote } from '@nodeacq/rpc'
import { InputStream, OutputStream, readEvents, type StreamSource } from '@nodeacq/stream'
import { seededRandom, waitFor } from 'testing'
import { afterAll, expect, test } from 'vitest'

const source = process.env['PYACQ_SRC']
const command = process.env['PYACQ_PYTHON'] ?? 'python3'

if (!source) console.log('the tests with the real pyacq are skipped: PYACQ_SRC does not name a checkout of it')

type Python = Record<string, (...args: unknown[]) => Promise<unknown>> & { '~proxied': never }
/** What both triggers have; the names are pyacq's. */
interface Rule {
  readonly threshold: number
  readonly front: string
  readonly debounce_mode: string
  readonly debounce_time: number
}

const RATE = 1000
const SAMPLES = 4000

afterAll(() => RpcServer.current()?.close())

/** Steps of a few samples between few levels, so that all that debounce modes tell apart occurs. */
function makeSignal(random: () => number): Int16Array {
  const signal = new Int16Array(SAMPLES)
  for (let at = 0, level = 0; at < SAMPLES; level = Math.floor(random() * 5) - 2) {
    for (let rest = 1 + Math.floor(random() * random() * 30); rest > 0 && at < SAMPLES; rest--) signal[at++] = level
  }
  return signal
}

async function follow(output: StreamSource): Promise<{ found: number[]; input: InputStream }> {
  const input = new InputStream()
  await input.connect(output)
  const found: number[] = []
  input.onData(({ data }) => void found.push(...readEvents(data).map(({ index }) => index)))
  return { found, input }
}

test.skipIf(!source)('our AnalogTrigger and that of the real pyacq find the same in random signals', async () => {
  const seed = Number(process.env['NODEACQ_SEED'] ?? 1)
  console.log(`seed ${seed}`)
  const random = seededRandom(seed)
  const env = { PYTHONPATH: source!, PYQTGRAPH_QT_LIB: 'PyQt5', QT_QPA_PLATFORM: 'offscreen' }
  const child = await spawnProcess({
    name: 'pyacq_trigger',
    entry: { command, args: [] },
    env,
    startTimeout: 30_000
  })
  const module = (await child.client.import('pyacq.dsp.trigger')) as unknown as Remote<Python>
  for (const debounce_mode of ['no-debounce', 'after-stable', 'before-stable']) {
    for (const front of ['+', '-']) {
      const debounce_time = (1 + Math.floor(random() * 8)) / RATE
      const { theirs, ours } = await runBoth(module, { threshold: 0, front, debounce_mode, debounce_time }, random)
      expect(theirs).toEqual(ours)
      expect(ours.length).toBeGreaterThan(0)
      console.log(`${debounce_mode}, front ${front}, ${debounce_time} s: ${ours.length} events agree`)
    }
  }
  await child.stop()
})

/** What both find behind pyacq's first chunk. */
async function runBoth(
  module: Remote<Python>,
  rule: Rule,
  random: () => number
): Promise<{ theirs: number[]; ours: number[] }> {
  await using amp = new OutputStream({ dtype: 'int16', shape: [-1, 1], sampleRate: RATE })
  await amp.configure()
  const theirs = (await module['AnalogTrigger']!()) as unknown as Remote<Python>
  const parts = theirs as unknown as {
    params: Promise<never>
    input: { connect(params: unknown): Promise<void> }
    output: { configure(options: unknown): Promise<void> }
  }
  await theirs['configure']!(kwargs({ max_size: 20 }))
  await parts.input.connect(amp.params)
  await parts.output.configure(kwargs({ protocol: 'tcp', interface: '127.0.0.1', transfermode: 'plaindata' }))
  await theirs['initialize']!()
  const params = await parts.params
  for (const [name, value] of Object.entries(rule)) await setItem(params, name, value)
  await using ours = new AnalogTrigger({ name: 'ours' })
  await ours.configure({})
  await ours.input.connect(amp, { delivery: 'complete' })
  await ours.setParams({ ...rule })
  await ours.initialize()
  const own = await follow(ours.output)
  const other = await follow((parts as unknown as { output: never }).output)
  amp.startRun()
  await ours.start()
  await theirs['start']!()
  await waitFor(() => amp.consumerCount === 2, { what: 'pyacq to subscribe' })

  const signal = makeSignal(random)
  // pyacq passes over what crosses in its first chunk, and needs a debounce of history.
  const first = 100
  for (let from = 0; from < SAMPLES;) {
    const to = from === 0 ? first : Math.min(SAMPLES, from + 1 + Math.floor(random() * 200))
    await amp.send(NdArray.fromTyped(signal.slice(from, to), [to - from, 1]))
    from = to
  }
  await amp.endRun()
  await ours.finished()
  await waitFor(() => own.found.length === ours.status().counters['events'], { what: 'our events to come' })
  const expected = own.found.filter((position) => position > first)
  await waitFor(() => other.found.length >= expected.length, { what: `pyacq to find ${expected.length} events` })
  await theirs['stop']!()
  await own.input.close()
  await other.input.close()
  return { theirs: other.found, ours: expected }
}
