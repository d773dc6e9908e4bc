import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NdArray } from '@nodeacq/ndarray'
import { makeEvents, OutputStream } from '@nodeacq/stream'
import { seededRandom, startProcess, tempFolder, waitFor } from 'testing'
import { expect, test } from 'vitest'
import { openSampleFile } from '../src/index.ts'

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)
const KILLS = process.env['NODEACQ_SOAK'] === '1' ? 200 : 10
const TOGETHER = 2
const program = new URL('programs/recordLog.ts', import.meta.url)
/** Channels by signal; each counts its values on, so that what is lost, doubled or moved shows. */
const CHANNELS = { x: 4, y: 64 }
type Signal = keyof typeof CHANNELS

function block(signal: Signal, from: number, samples: number): NdArray {
  const channels = CHANNELS[signal]
  const values = new Int16Array(samples * channels)
  for (let k = 0; k < values.length; k++) values[k] = from * channels + k
  return NdArray.fromTyped(values, [samples, channels])
}

/** @returns samples that were acknowledged, and those that are in the file */
async function killOne(random: () => number): Promise<{ acknowledged: number; held: number }> {
  await using folder = await tempFolder()
  const file = join(folder.path, 'session.h5')
  const signal = (name: Signal) =>
    new OutputStream({ dtype: 'int16', shape: [-1, CHANNELS[name]], sampleRate: 10_000, flow: 'wait' })
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
    'Hdf5Recorder'
  ])
  await recorder.line('recording', { timeout: 60_000 })
  await waitFor(() => [x, y].every((source) => source.status().consumers.length > 0))
  let at = 0
  const sending = (async () => {
    for (let n = 0; recorder.end === undefined; n++) {
      const samples = 1 + ((n * 7919) % 1500)
      const sent = [
        x.send(block('x', at, samples), at + samples, { handOver: true }),
        y.send(block('y', at, samples), at + samples, { handOver: true }),
        marks.send(makeEvents([{ index: at, value: n, label: `mark ${n}` }]))
      ]
      at += samples
      await Promise.race([Promise.all(sent), recorder.exited])
      await sleep(1)
    }
  })()
  await waitFor(() => (x.status().acknowledged['disk.x']?.index ?? 0) > 0)
  await sleep(random() * 500)
  recorder.kill('SIGKILL')
  await recorder.exited
  await sending
  const safe = { x: x.status().acknowledged['disk.x']!.index, y: y.status().acknowledged['disk.y']?.index ?? 0 }

  await using recording = await openSampleFile(file)
  expect(recording.warnings).toHaveLength(1)
  for (const name of ['x', 'y'] as const) {
    const stream = recording.streams.find((each) => each.name === name)!
    expect(stream).toMatchObject({ startIndex: 0, gaps: [] })
    expect(stream.sampleCount).toBeGreaterThanOrEqual(safe[name])
    const held = await stream.read(0, stream.sampleCount, 'digital')
    expect(held.equals(block(name, 0, stream.sampleCount))).toBe(true)
  }
  const events = await recording.events()
  expect(events.map(({ value }) => value)).toEqual(events.map((_, k) => k))
  return { acknowledged: safe.x + safe.y, held: recording.streams.reduce((sum, each) => sum + each.sampleCount, 0) }
}

test(
  'an HDF5 recorder that is killed leaves every acknowledged sample',
  async () => {
    const random = seededRandom(SEED)
    process.stdout.write(`HDF5 kills: ${KILLS}, seed ${SEED}\n`)
    const total = { acknowledged: 0, held: 0 }
    for (let k = 0; k < KILLS; k += TOGETHER) {
      for (const { acknowledged, held } of await Promise.all(Array.from({ length: TOGETHER }, () => killOne(random)))) {
        total.acknowledged += acknowledged
        total.held += held
      }
    }
    expect(total.held).toBeGreaterThanOrEqual(total.acknowledged)
    process.stdout.write(`acknowledged ${total.acknowledged} samples, found ${total.held}\n`)
  },
  KILLS * 30_000
)
