import { closeSync, openSync, statSync, writeSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { InputStream, OutputStream, RingThreadReader } from '@nodeacq/stream'
import type { ChunksOptions, OutputOptions } from '@nodeacq/stream'
import { directoryAt, ENTRY, ENTRY_WORDS } from '../src/shm/controlFile.ts'
import { Script, accountsOf, problemsOf, readOn } from './accounts.ts'
import { rampStart, sendRamp, streamPair, until } from './streams.ts'

const RING = { transferMode: 'sharedmem', bufferSize: 1000 } as const
const canMap = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)
if (!canMap) process.stderr.write('runs are not kept here: this system is no 64-bit Linux\n')

function controlOf({ params }: OutputStream): string {
  return String((params['nodeacq'] as Record<string, unknown>)['control'])
}

/** Runs of so many samples, in chunks of 10, which nobody reads meanwhile. */
async function sendRuns(output: OutputStream, lengths: readonly number[]): Promise<Script> {
  const script = new Script(output)
  for (const [run, length] of lengths.entries()) {
    if (run > 0) script.startRun()
    await script.sendMany(length / 10, 10)
    if (run === 0) script.skip(30)
  }
  await output.endRun()
  return script
}

async function readRuns(options: OutputOptions, lengths: readonly number[], how: ChunksOptions = {}) {
  await using pair = await streamPair({ ...RING, ...options }, { delivery: 'complete' })
  const { output, input } = pair
  const { runs } = await sendRuns(output, lengths)
  const chunks = []
  do for await (const chunk of input.chunks(how)) chunks.push({ ...chunk, data: chunk.data.copy() })
  while (input.ledger.run < output.run)
  return { runs, chunks, accounts: accountsOf(input) }
}

describe.runIf(canMap)('runs that a complete reader of a ring has not taken when the next one begins', () => {
  const LAYOUTS = [
    {},
    { double: false },
    { double: false, axisOrder: [1, 0] },
    { double: true, axisOrder: [1, 0] }
  ] as const
  for (const layout of LAYOUTS) {
    for (const borrow of [false, true]) {
      test(`are there, laid out as ${JSON.stringify(layout)}, ${borrow ? 'borrowed' : 'copied'}`, async () => {
        const { runs, chunks, accounts } = await readRuns(layout, [400, 300, 250, 1000], { borrow })
        expect(problemsOf(runs, accounts, chunks, { what: 'kept' })).toEqual([])
      })
    }
  }

  test('are there as far as the ring is long, and what is older is lost, exactly', async () => {
    const { runs, chunks, accounts } = await readRuns({}, [800, 700, 600, 1500])
    expect(problemsOf(runs, accounts, chunks, { mayLose: true, what: 'too much' })).toEqual([])
    const lost = runs.map(({ run }) => accounts.get(run)!.lost)
    // 1000 samples of the runs before, and 1000 of the newest.
    expect(lost).toEqual([800, 300, 0, 500])
  })

  for (const flow of ['realtime', 'wait'] as const) {
    test(`are read by one that comes in the name of another, from what was acknowledged on, flow ${flow}`, async () => {
      await using output = new OutputStream({ shape: [-1, 2], ...RING, flow })
      await output.configure()
      const named = { delivery: 'complete', name: 'disk' } as const
      const script = new Script(output)
      {
        await using first = new InputStream()
        await first.connect(output, named)
        await script.sendMany(80, 10)
        first.acknowledge(500)
        await until(() => output.status().acknowledged['disk']?.index === 500, 'the acknowledgement')
      }
      script.startRun()
      await script.sendMany(90, 10)
      await output.endRun()
      await using again = new InputStream()
      await again.connect(output, named)
      const chunks = await readOn(again, () => again.ledger.run === 1)
      const from = { run: 0, index: 500 }
      expect(problemsOf(script.runs, accountsOf(again), chunks, { from, what: 'heir' })).toEqual([])
    })
  }

  test('take no memory where nobody is behind', async () => {
    await using pair = await streamPair({ ...RING, bufferSize: 1_000_000 }, { delivery: 'complete' })
    const { output, input } = pair
    const used = (): number => statSync(controlOf(output)).blocks * 512
    const reading = readOn(input, () => input.ledger.run === 1)
    await sendRamp(output, 10, 1000)
    await until(() => output.status().consumers[0]?.inFlight === 0, 'the reader to come up')
    const before = used()
    output.startRun()
    expect(used()).toBe(before)
    await output.endRun()
    await reading
    output.startRun()
    await sendRamp(output, 10, 1000)
    output.startRun()
    // 10,000 samples of 8 bytes, in pages of which the first may have been there.
    expect(used() - before).toBeGreaterThan(70_000)
    expect(used() - before).toBeLessThan(200_000)
  })

  test('are seen by other threads too', async () => {
    await using pair = await streamPair(RING, { delivery: 'complete' })
    const reader = new RingThreadReader(pair.input.ring!)
    await sendRuns(pair.output, [300, 500])
    const chunks = Array.from({ length: 80 }, () => reader.take()!)
    expect(chunks.map(({ run, index, data }) => [run, index, rampStart(data)])).toEqual(
      Array.from({ length: 80 }, (_, i) => (i < 30 ? [0, 10 * i + 10, 10 * i] : [1, 10 * (i - 30) + 10, 10 * (i - 30)]))
    )
    expect(reader.take()).toBeUndefined()
  })

  test('are lost where the control file says what cannot be', async () => {
    await using pair = await streamPair(RING, { delivery: 'complete' })
    const { output, input } = pair
    const { runs } = await sendRuns(output, [600, 1000])
    const nonsense = [NaN, Infinity, -8, 0.5, 1, 1e300, 2 ** 53, 7999, 100_000]
    const fd = openSync(controlOf(output), 'r+')
    for (const [chunk, value] of nonsense.entries()) {
      const at = (directoryAt(64) + chunk * ENTRY_WORDS + ENTRY.kept) * 8
      writeSync(fd, new Uint8Array(new Float64Array([value]).buffer), 0, 8, at)
    }
    closeSync(fd)
    const chunks = await readOn(input, () => input.ledger.run === 1)
    expect(problemsOf(runs, accountsOf(input), chunks, { mayLose: true, what: 'nonsense' })).toEqual([])
    expect(accountsOf(input).get(0)!.lost).toBe(10 * nonsense.length)
  })
})
