import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NdArray } from '@nodeacq/ndarray'
import { makeEvents, OutputStream } from '@nodeacq/stream'
import { seededRandom, startProcess, tempFolder, waitFor } from 'testing'
import { expect, test } from 'vitest'
import { openSampleFile, repairBrainVision, repairEdf, type SampleFile } from '../src/index.ts'

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)
const KILLS = process.env['NODEACQ_SOAK'] === '1' ? 200 : 10
const TOGETHER = 5
const program = new URL('programs/recordLog.ts', import.meta.url)
/** Channels and rate of each signal. */
const SIGNALS = { x: { channels: 8, sampleRate: 10_000 }, y: { channels: 2, sampleRate: 2000 } }
type Signal = keyof typeof SIGNALS

const value = (index: number, channel: number): number => ((index * 7 + channel) % 30_000) + 1

function block(signal: Signal, from: number, samples: number): NdArray {
  const { channels } = SIGNALS[signal]
  const values = Int16Array.from({ length: samples * channels }, (_, k) =>
    value(from + Math.floor(k / channels), k % channels)
  )
  return NdArray.fromTyped(values, [samples, channels])
}

interface Format {
  readonly type: string
  readonly extension: string
  readonly repair: typeof repairEdf
  /** Where the signals are, as a reader finds them. */
  readonly open: (file: string) => Promise<Record<Signal, SampleFile>>
}

async function openTogether(file: string): Promise<Record<Signal, SampleFile>> {
  const both = await openSampleFile(file)
  return { x: both, y: both }
}

async function openTriples(file: string): Promise<Record<Signal, SampleFile>> {
  return { x: await openSampleFile(file), y: await openSampleFile(file.replace(/(_repaired)?\.vhdr$/, '_y$1.vhdr')) }
}

/** @returns samples that were acknowledged, and those that are in the file */
async function killOne({ type, extension, repair, open }: Format, random: () => number): Promise<[number, number]> {
  await using folder = await tempFolder()
  const file = join(folder.path, `session${extension}`)
  const signal = (name: Signal) => {
    const { channels, sampleRate } = SIGNALS[name]
    return new OutputStream({ dtype: 'int16', shape: [-1, channels], sampleRate, flow: 'wait' })
  }
  await using x = signal('x')
  await using y = signal('y')
  await using marks = new OutputStream({ streamType: 'event', dtype: makeEvents([]).dtype, shape: [-1], eventsOf: 'x' })
  const sources = { x, y, marks }
  for (const source of Object.values(sources)) {
    await source.configure()
    source.startRun()
  }
  const params = Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, source.params]))
  await using recorder = await startProcess(program, [
    JSON.stringify({ file, sync: 0.03 }),
    JSON.stringify(params),
    type
  ])
  await recorder.line('recording', { timeout: 60_000 })
  await waitFor(() => [x, y].every((source) => source.status().consumers.length > 0))
  let at = 0
  const sending = (async () => {
    for (let n = 0; recorder.end === undefined; n++) {
      const samples = 1 + ((n * 7919) % 500)
      const sent = [
        x.send(block('x', at * 5, samples * 5), (at + samples) * 5, { handOver: true }),
        y.send(block('y', at, samples), at + samples, { handOver: true }),
        marks.send(makeEvents([{ index: at * 5, value: n, label: `mark ${n}` }]))
      ]
      at += samples
      await Promise.race([Promise.all(sent), recorder.exited])
      await sleep(10)
    }
  })()
  await waitFor(() => (x.status().acknowledged['disk.x']?.index ?? 0) > 0, { timeout: 30_000 })
  await sleep(random() * 400)
  recorder.kill('SIGKILL')
  await recorder.exited
  await sending
  const safe = { x: x.status().acknowledged['disk.x']!.index, y: y.status().acknowledged['disk.y']?.index ?? 0 }
  assert.match(
    await readFile(file.replace(extension, `.${type.replace('Recorder', '').toLowerCase()}.nodeacq.json`), 'utf8'),
    /"recording"/
  )

  // As it was left, and repaired.
  const repaired = file.replace(extension, `_repaired${extension}`)
  await repair(file, repaired)
  if (extension === '.vhdr') await repair(file.replace('.vhdr', '_y.vhdr'), file.replace('.vhdr', '_y_repaired.vhdr'))
  let held = 0
  for (const path of [file, repaired]) {
    const files = await open(path)
    held = 0
    for (const name of ['x', 'y'] as const) {
      const { channels, sampleRate } = SIGNALS[name]
      const stream = files[name].streams.find((each) => each.sampleRate === sampleRate)!
      assert.ok(
        stream.sampleCount >= safe[name],
        `${name}: ${stream.sampleCount} of ${safe[name]} acknowledged samples`
      )
      assert.deepEqual(stream.gaps, [])
      const data = (await stream.read(0, stream.sampleCount, 'digital')).typed()
      const wrong = data.findIndex((found, k) => found !== value(Math.floor(k / channels), k % channels))
      assert.equal(wrong, -1, `${name}: place ${wrong} of ${stream.sampleCount}`)
      held += stream.sampleCount
    }
    if (path === repaired) assert.deepEqual([...files.x.warnings, ...files.y.warnings], [])
    const events = (await files.x.events()).filter(({ label }) => label.includes('mark'))
    assert.ok(
      events.every(({ label }, k) => label.endsWith(`mark ${k}`)),
      'events in order, none missing'
    )
    await files.x.close()
    await files.y.close()
  }
  return [safe.x + safe.y, held]
}

const formats: readonly Format[] = [
  { type: 'EdfRecorder', extension: '.edf', repair: repairEdf, open: openTogether },
  { type: 'BdfRecorder', extension: '.bdf', repair: repairEdf, open: openTogether },
  { type: 'BrainVisionRecorder', extension: '.vhdr', repair: repairBrainVision, open: openTriples }
]

test.each(formats)(
  '$type: killed at any moment, every acknowledged sample is in the file, before a repair and after it',
  async (format) => {
    const random = seededRandom(SEED)
    const total = { acknowledged: 0, held: 0 }
    for (let k = 0; k < KILLS; k += TOGETHER) {
      for (const [acknowledged, held] of await Promise.all(
        Array.from({ length: TOGETHER }, () => killOne(format, random))
      )) {
        total.acknowledged += acknowledged
        total.held += held
      }
    }
    expect(total.held).toBeGreaterThanOrEqual(total.acknowledged)
    process.stdout.write(
      `${format.type}: ${KILLS} kills (seed ${SEED}), ${total.acknowledged} samples acknowledged, ${total.held} found\n`
    )
  },
  KILLS * 30_000
)
