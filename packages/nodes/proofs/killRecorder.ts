import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NdArray } from '@nodeacq/ndarray'
import { makeEvents, OutputStream } from '@nodeacq/stream'
import { startProcess, tempFolder, waitFor } from 'testing'
import { expect } from 'vitest'
import { openSampleFile, type RecordedStream } from '../src/index.ts'

const program = new URL('programs/recordLog.ts', import.meta.url)
/** Channels by signal; each counts its values on, so that what is lost, doubled or moved shows. */
const CHANNELS = { x: 4, y: 64 }
type Signal = keyof typeof CHANNELS

export interface KillOptions {
  /** Type of the recorder. */
  readonly type: string
  /** Name of its first file. */
  readonly file: string
  /** File and name in it of each signal. */
  readonly signals: Readonly<Record<Signal, { readonly file: string; readonly name: string }>>
  readonly hasEvents: boolean
  /** Problems that reading a killed file may tell of. */
  readonly warnings: RegExp
  readonly random: () => number
}

/**
 * Kills a recorder that records two signals and events as fast as it can, at a random moment, and reads its files.
 * @returns samples that were acknowledged, and those that are in the files
 */
export async function killRecorder(options: KillOptions): Promise<{ acknowledged: number; held: number }> {
  const { type, random, signals, hasEvents } = options
  await using folder = await tempFolder()
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
  const order = [{ file: join(folder.path, options.file), sync: 0.03 }, params].map((each) => JSON.stringify(each))
  await using recorder = await startProcess(program, [...order, type])
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
  await waitFor(() => [x, y].every((source, k) => (source.status().acknowledged[`disk.${'xy'[k]}`]?.index ?? 0) > 0))
  await sleep(random() * 500)
  recorder.kill('SIGKILL')
  await recorder.exited
  await sending
  let [acknowledged, held] = [0, 0]
  for (const [name, source] of [
    ['x', x],
    ['y', y]
  ] as const) {
    const safe = source.status().acknowledged[`disk.${name}`]!.index
    const { file, name: called } = signals[name]
    await using recording = await openSampleFile(join(folder.path, file))
    expect(recording.warnings.filter((warning) => !options.warnings.test(warning))).toEqual([])
    const stream = recording.streams.find((each) => each.name === called)!
    await expectRamp(stream, name)
    expect(stream.sampleCount).toBeGreaterThanOrEqual(safe)
    const events = hasEvents ? await recording.events() : []
    expect(events.map(({ value }) => value)).toEqual(events.map((_, k) => k))
    acknowledged += safe
    held += stream.sampleCount
  }
  return { acknowledged, held }
}

async function expectRamp(stream: RecordedStream, name: Signal): Promise<void> {
  expect({ startIndex: stream.startIndex, gaps: stream.gaps }).toEqual({ startIndex: 0, gaps: [] })
  const held = await stream.read(0, stream.sampleCount, 'digital')
  expect(held.equals(block(name, 0, stream.sampleCount))).toBe(true)
}

function block(signal: Signal, from: number, samples: number): NdArray {
  const channels = CHANNELS[signal]
  const values = new Int16Array(samples * channels)
  for (let k = 0; k < values.length; k++) values[k] = from * channels + k
  return NdArray.fromTyped(values, [samples, channels])
}
