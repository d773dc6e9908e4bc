import { InputStream } from '@nodeacq/stream'
import { startProcess, waitFor, type TestProcess } from 'testing'
import { expect, test } from 'vitest'
import { LslInlet, LslStreamInlet, resolveLslStreams, type LslSettings } from '../src/index.ts'
import { isolated } from '../test/lsl/isolated.ts'

const isSoak = process.env['NODEACQ_SOAK'] === '1'
const SECONDS = isSoak ? 600 : 8

async function outlet(settings: Partial<LslSettings>, channels: number, rate: number): Promise<TestProcess> {
  const program = new URL('./programs/lslOutlet.ts', import.meta.url)
  const process = await startProcess(program, [JSON.stringify({ channels, rate, settings })])
  await waitFor(() => process.lines.length > 0)
  return process
}

test(`64 channels at 1 kHz for ${SECONDS} s: every sample, in order`, { timeout: (SECONDS + 60) * 1000 }, async () => {
  const settings = await isolated()
  await using _ = await outlet(settings, 64, 1000)
  await using node = new LslInlet({ name: 'soak' })
  await node.configure({ network: settings, timeout: 10 })
  await node.initialize()
  const input = new InputStream({ delivery: 'complete' })
  await input.connect(node.outputs['signals']!)
  input.startRun()
  await node.start()
  let next = 0
  let wrong = 0
  for await (const { index, data, gaps } of input.chunks({ borrow: true })) {
    wrong += gaps.length
    const values = data.typed() as Float32Array
    if (index - data.length !== next) wrong += 1
    for (let k = 0, at = 0; k < data.length; k++) {
      const value = (next + k) % 2 ** 20
      for (let channel = 0; channel < 64; channel++, at++) if (values[at] !== value + channel) wrong += 1
    }
    next = index
    if (next >= SECONDS * 1000) break
  }
  await node.stop()
  await input.close()
  expect(wrong).toBe(0)
  expect(node.status().counters).toMatchObject({ lostSamples: 0, gaps: 0, reconnects: 0, stampJumps: 0 })
})

test('an outlet that hangs is seen, and another instance of it is taken', { timeout: 60_000 }, async () => {
  const settings = await isolated()
  await using first = await outlet(settings, 2, 100)
  const [info] = await resolveLslStreams({ settings, minimum: 1, timeout: 20 })
  const silences: number[] = []
  let samples = 0
  const stop = new AbortController()
  const inlet = new LslStreamInlet(info!, { settings })
  const done = inlet.run(stop.signal, {
    onSamples: ({ count }) => void (samples += count),
    onSilent: (seconds) => void silences.push(seconds)
  })
  await waitFor(() => samples > 20 && inlet.timeCorrection !== undefined)
  first.kill('SIGSTOP')
  await waitFor(() => silences.length > 0)
  expect(silences[0]).toBeGreaterThan(0.8)
  await using second = await outlet(settings, 2, 100)
  const before = samples
  await waitFor(() => inlet.info.uid === second.lines[0] && samples > before + 20, { timeout: 30_000 })
  stop.abort()
  await done
  first.kill('SIGCONT')
})
