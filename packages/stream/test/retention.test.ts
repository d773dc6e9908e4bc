import { execFile } from 'node:child_process'
import { totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { InputStream, OutputStream, SpecError } from '@nodeacq/stream'
import type { Chunk } from '@nodeacq/stream'
import { Script, accountsOf, problemsOf, readOn } from './accounts.ts'
import { BadNetwork } from './badNetwork.ts'
import { collect } from './streams.ts'

test('a retention larger than the memory is refused with the numbers', async () => {
  await using output = new OutputStream({ shape: [-1, 2] }, { node: 'emg', name: 'signals' })
  const bytes = 2 * totalmem()
  const configuring = output.configure({ retention: { bytes } })
  await expect(configuring).rejects.toThrow(SpecError)
  await expect(configuring).rejects.toThrow(
    new RegExp(`^OutputStream 'signals' of node 'emg': retention.bytes: expected at most \\d+ bytes, .*, got ${bytes}$`)
  )
  expect(output.isConfigured).toBe(false)
  await output.configure({ retention: { bytes: 1e6 } })
})

const WRONG: readonly [unknown, string][] = [
  ['a lot', "retention: expected a map with seconds and bytes, got 'a lot'"],
  [{ bytes: -1 }, 'retention.bytes: expected a size above 0, got -1'],
  [{ bytes: '1 MB' }, "retention.bytes: expected a size above 0, got '1 MB'"],
  [{ seconds: NaN }, 'retention.seconds: expected a time above 0, got NaN'],
  [{ second: 5 }, "retention: expected seconds, bytes or both, got 'second'"]
]
for (const [retention, message] of WRONG) {
  test(`retention ${JSON.stringify(retention)} is refused`, async () => {
    await using output = new OutputStream()
    await expect(output.configure({ retention: retention as object })).rejects.toThrow(`OutputStream: ${message}`)
  })
}

test.for([2, 128, 1024])('the limit is the memory that is used, with chunks of %i samples', async (samples) => {
  const program = fileURLToPath(new URL('./programs/retainedMemory.ts', import.meta.url))
  const limit = 40_000_000
  const args = ['--conditions=nodeacq-source', '--expose-gc', program, String(samples), String(limit)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const { counted, used } = JSON.parse(stdout) as { counted: number; used: number }
  expect(counted).toBeLessThanOrEqual(limit)
  expect(counted).toBeGreaterThan(0.9 * limit)
  expect(used).toBeLessThan(1.5 * limit)
  expect(used).toBeGreaterThan(0.5 * limit)
})

/** Retention as far as anybody can use up in a test. */
const GENEROUS = { seconds: 600, bytes: 1e9 }

test('what every named consumer has acknowledged is freed, and nothing that one of them has not', async () => {
  await using output = new OutputStream({ shape: [-1, 2], retention: GENEROUS })
  await output.configure()
  await using disk = new InputStream()
  await using copy = new InputStream()
  await disk.connect(output, { delivery: 'complete', name: 'disk' })
  await copy.connect(output, { delivery: 'complete', name: 'copy' })
  const script = new Script(output)
  const reading = [disk, copy].map((input) => collect(input.chunks()))
  await script.sendMany(100, 10)
  await waitFor(() => disk.ledger.next === 1000 && copy.ledger.next === 1000)
  const retained = () => output.status().retained.chunks
  expect(retained()).toBe(100)
  disk.acknowledge(1000)
  await waitFor(() => output.status().acknowledged['disk']?.index === 1000)
  expect(retained()).toBe(100)
  copy.acknowledge(400)
  await waitFor(() => retained() === 60)
  // The next one of that name begins there, although everything was read.
  await Promise.all([expect(reading[1]).rejects.toThrow('closed'), copy.close()])
  disk.acknowledge(1000)
  await script.sendMany(10, 10)
  await output.endRun()
  expect(retained()).toBe(70)
  await using again = new InputStream()
  await again.connect(output, { delivery: 'complete', name: 'copy' })
  const chunks = await collect(again.chunks())
  expect(again.ledger.snapshot()).toMatchObject({ joinedAt: 400, lost: 0, next: 1100 })
  expect(chunks[0]?.index).toBe(410)
  again.acknowledge(1100)
  disk.acknowledge(1100)
  await waitFor(() => retained() === 1) // the newest always stays
  await reading[0]
})

test('an acknowledgement frees nothing that another input has yet to take, also while its connection is cut', async () => {
  await using output = new OutputStream({ shape: [-1, 2], retention: GENEROUS })
  await output.configure()
  await using network = await BadNetwork.before(output)
  await using disk = new InputStream()
  await using other = new InputStream()
  await disk.connect(output, { delivery: 'complete', name: 'disk' })
  await other.connect(network.params, { delivery: 'complete' })
  const script = new Script(output)
  const chunks: Chunk[] = []
  const reading = readOn(other, () => true, chunks)
  const recording = (async () => {
    for await (const { index } of disk.chunks()) disk.acknowledge(index)
  })()
  for (let round = 0; round < 3; round++) {
    await script.sendMany(50, 10)
    network.cut()
    await script.sendMany(50, 10)
    await waitFor(() => output.status().acknowledged['disk']?.index === script.now.end)
    await waitFor(() => output.status().consumers.length === 1)
    await script.sendMany(50, 10)
    await waitFor(() => output.status().acknowledged['disk']?.index === script.now.end)
    network.heal()
    await waitFor(() => output.status().consumers.length === 2)
  }
  await output.endRun()
  await Promise.all([reading, recording])
  expect(problemsOf(script.runs, accountsOf(other), chunks, { what: 'cut off' })).toEqual([])
  expect(accountsOf(disk).get(0)).toMatchObject({ lost: 0, received: 4500 })
  await waitFor(() => output.status().retained.chunks === 1)
})

test('who goes for good holds nothing back', async () => {
  await using output = new OutputStream({ shape: [-1, 2], retention: { ...GENEROUS, seconds: 0.2 } })
  await output.configure()
  await using network = await BadNetwork.before(output)
  await using disk = new InputStream()
  await disk.connect(output, { delivery: 'complete', name: 'disk' })
  {
    await using other = new InputStream()
    await other.connect(network.params, { delivery: 'complete' })
    network.cut()
  }
  const script = new Script(output)
  const recording = (async () => {
    for await (const { index } of disk.chunks()) disk.acknowledge(index)
  })()
  await waitFor(async () => {
    await script.sendMany(1, 10)
    return output.status().retained.chunks === 1
  })
  await output.endRun()
  await recording
  expect(disk.ledger.snapshot()).toMatchObject({ lost: 0, received: script.now.sent })
})
