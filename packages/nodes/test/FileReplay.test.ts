import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { InputStream, OutputStream, readEvents } from '@nodeacq/stream'
import { describe, expect, test } from 'vitest'
import { ramp, tempFolder, waitFor } from 'testing'
import { FileReplay, openSampleFile, Recorder, RecordingFileError } from '../src/index.ts'
import { collect, type Collected } from './collect.ts'

const edf = (name: string) => fileURLToPath(new URL(`fixtures/edf/${name}`, import.meta.url))
const brainVision = (name: string) => fileURLToPath(new URL(`fixtures/brainvision/${name}`, import.meta.url))

/** Plays a file to its end and gives what came out of each output. */
async function play(
  options: Record<string, unknown>
): Promise<Record<string, Collected> & { replay: FileReplay; startedAt: number }> {
  const replay = new FileReplay({ name: 'replay' })
  await replay.configure(options)
  await replay.initialize()
  const collectors = new Map<string, { done: Promise<Collected> }>()
  for (const [name, output] of Object.entries(replay.outputs)) collectors.set(name, await collect(output))
  const startedAt = performance.now()
  await replay.start()
  const results: Record<string, Collected> = {}
  for (const [name, { done }] of collectors) results[name] = await done
  expect(await replay.finished()).toBeUndefined()
  expect(replay.state).toBe('initialized')
  await replay.close()
  return Object.assign(results, { replay, startedAt }) as never
}

describe('FileReplay', () => {
  test('every rate on its own output, values, names and events as in the file', async () => {
    const { signals, signals2, events, replay } = await play({ file: edf('edfplus_c.edf'), pace: 'max', chunkSize: 7 })
    await using file = await openSampleFile(edf('edfplus_c.edf'))
    expect(signals!.data.equals(await file.streams[0]!.read(0, 30, 'physical'))).toBe(true)
    expect(signals2!.data.equals(await file.streams[1]!.read(0, 6, 'physical'))).toBe(true)
    expect(signals!.indexes).toEqual([7, 14, 21, 28, 30])
    expect(readEvents(events!)).toEqual([{ index: 13, duration: 5, label: 'stim ü', value: 0 }])
    expect(replay.status().progress).toBe(1)
  })

  test('what an output says of itself', async () => {
    await using replay = new FileReplay({ name: 'info' })
    await replay.configure({ file: edf('edfplus_c.edf'), units: 'digital', pace: 'max' })
    await replay.initialize()
    expect(replay.outputs['signals']!.info).toMatchObject({
      dtype: 'int16',
      shape: [-1, 1],
      sampleRate: 10,
      flow: 'wait',
      channelInfo: [{ name: 'EEG Fpz-Cz', unit: 'uV', gain: 0.1, offset: 0 }]
    })
    expect(replay.outputs['signals2']!.info).toMatchObject({ sampleRate: 2 })
    expect(replay.outputs['events']!.info).toMatchObject({ streamType: 'event', eventsOf: 'signals', sampleRate: 10 })
    await replay.configure({ file: edf('edfplus_c_subsecond.edf') })
    expect(Object.keys(replay.outputs)).toEqual(['signals', 'events'])
    await replay.initialize()
    const info = replay.outputs['signals']!.info
    expect(info).toMatchObject({ dtype: 'float64', units: 'uV', flow: 'realtime' })
    // Applied already: nobody must find it and apply it again.
    expect(info.channelInfo![0]).not.toHaveProperty('gain')
  })

  test('gaps of EDF+D are declared, on every output', async () => {
    const { signals, signals2, events } = await play({ file: edf('edfplus_d_gap.edf'), pace: 'max', units: 'digital' })
    expect(signals!.gaps).toMatchObject([{ from: 20, to: 55, cause: 'device', declared: true }])
    expect(signals2!.gaps).toMatchObject([{ from: 4, to: 11, cause: 'device', declared: true }])
    expect(signals!.indexes.at(-1)).toBe(65)
    expect(signals!.data.length).toBe(30)
    expect(readEvents(events!).map(({ index }) => index)).toEqual([13, 55])
  })

  test('loop goes on counting', async () => {
    await using replay = new FileReplay({ name: 'loop' })
    await replay.configure({ file: edf('edfplus_c.edf'), pace: 'max', units: 'digital', loop: true, chunkSize: 30 })
    await replay.initialize()
    const main = await collect(replay.outputs['signals']!)
    const events = await collect(replay.outputs['events']!)
    await replay.start()
    await waitFor(() => replay.outputs['signals']!.index > 90)
    await replay.stop()
    const { data, indexes, gaps } = await main.done
    expect(gaps).toEqual([])
    expect(indexes.slice(0, 3)).toEqual([30, 60, 90])
    expect(data.slice(30, 60).equals(data.slice(0, 30))).toBe(true)
    const found = readEvents((await events.done).data).map(({ index }) => index)
    expect(found.slice(0, 3)).toEqual([13, 43, 73])
  })

  test('no chunk comes before its time', async () => {
    // 30 samples at 10 Hz, played 10 times as fast.
    const { signals, startedAt } = await play({ file: edf('edfplus_c.edf'), pace: 10, chunkSize: 1 })
    expect(signals!.indexes).toEqual(Array.from({ length: 30 }, (_, k) => k + 1))
    const late = signals!.times.map((at, k) => at - startedAt - 10 * (k + 1))
    process.stdout.write(`FileReplay: chunks late by ${late.map((ms) => ms.toFixed(1)).join(' ')} ms\n`)
    expect(Math.min(...late)).toBeGreaterThan(-0.1)
  })

  test('a recording of ours: names, indexes and event streams as recorded', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'rec')
    await mkdir(path)
    const events = [
      ['index', 'int64'],
      ['label', 'S8']
    ]
    const properties = {
      slow: { streamtype: 'analogsignal', dtype: 'int16', shape: [-1, 1], sample_rate: 100, start_index: 10 },
      fast: { streamtype: 'analogsignal', dtype: 'int16', shape: [-1, 1], sample_rate: 1000, start_index: 100 },
      marks: { streamtype: 'event', dtype: events, shape: [-1], sample_rate: 1000, start_index: 0 }
    }
    await writeFile(join(path, 'stream_properties.json'), JSON.stringify(properties))
    await writeFile(
      join(path, 'fast.raw'),
      Int16Array.from({ length: 200 }, (_, k) => k)
    )
    await writeFile(
      join(path, 'slow.raw'),
      Int16Array.from({ length: 20 }, (_, k) => -k)
    )
    const marks = Buffer.alloc(32)
    marks.writeBigInt64LE(120n, 0)
    marks.write('one', 8)
    marks.writeBigInt64LE(250n, 16)
    await writeFile(join(path, 'marks.raw'), marks)
    await writeFile(join(path, 'fast.gaps.json'), JSON.stringify([{ from: 150, to: 170, row: 50, cause: 'overrun' }]))

    const result = await play({ file: path, pace: 'max' })
    expect(Object.keys(result).sort()).toEqual(['events', 'marks', 'replay', 'signals', 'slow', 'startedAt'])
    expect(result['signals']!.gaps).toMatchObject([
      { from: 0, to: 100, cause: 'device' },
      { from: 150, to: 170, cause: 'overrun' }
    ])
    expect(result['signals']!.indexes.at(-1)).toBe(320)
    expect(result['slow']!.indexes.at(-1)).toBe(30)
    expect(result['slow']!.data.typed()).toEqual(Int16Array.from({ length: 20 }, (_, k) => -k))
    expect(readEvents(result['marks']!).map(({ index, label }) => [index, label])).toEqual([
      [120, 'one'],
      [250, '']
    ])
  })

  test('BrainVision plays with its markers', async () => {
    const { signals, events } = await play({ file: brainVision('gap_int16.vhdr'), pace: 'max', units: 'digital' })
    expect(signals!.data.slice(5, 6).toNested()).toEqual([[5, -10, 1]])
    expect(signals!.gaps).toMatchObject([{ from: 20, to: 4375 }])
    expect(readEvents(events!).map(({ label }) => label)[1]).toBe('Stimulus/S  1')
  })

  test('streams of a session are in step by the time they began, and parts follow each other', async () => {
    await using folder = await tempFolder()
    const file = join(folder.path, 'session.mcap')
    const open = async (sampleRate: number) => {
      const stream = new OutputStream({ dtype: 'int16', shape: [-1, 1], sampleRate })
      await stream.configure({ protocol: 'inproc' })
      stream.startRun()
      return stream
    }
    const [fast, slow] = [await open(1000), await open(100)]
    await using recorder = new Recorder({ name: 'disk' })
    await recorder.configure({ file, certificate: false })
    for (const [name, source] of [
      ['fast', fast!],
      ['slow', slow!]
    ] as const) {
      await (recorder.stream('input', name) as InputStream).connect(source)
    }
    await recorder.initialize()
    await recorder.start()
    await fast!.send(ramp({ samples: 300, channels: 1, dtype: 'int16' }), 300)
    await sleep(300)
    // This device came later, and counts from where it was.
    await slow!.send(ramp({ samples: 40, channels: 1, dtype: 'int16' }), 1040)
    await fast!.send(ramp({ from: 310, samples: 290, channels: 1, dtype: 'int16' }), 600)
    await fast!.endRun()
    fast!.startRun()
    await fast!.send(ramp({ samples: 200, channels: 1, dtype: 'int16' }), 200)
    await slow!.send(ramp({ from: 40, samples: 20, channels: 1, dtype: 'int16' }), 1060)
    await waitFor(() => recorder.inputs['slow']!.status().next === 1060, { what: 'the last samples' })
    await fast!.endRun()
    await slow!.endRun()
    expect(await recorder.finished()).toBeUndefined()
    await fast!.close()
    await slow!.close()

    await using replay = new FileReplay({ name: 'replay' })
    await replay.configure({ file, pace: 2 })
    await replay.initialize()
    const seen: { name: string; run: number; index: number; at: number; gaps: unknown[] }[] = []
    const inputs = ['signals', 'slow'].map((name) => {
      const input = new InputStream({ delivery: 'complete' })
      input.onData(({ run, index, gaps }) =>
        seen.push({
          name,
          run,
          index,
          at: performance.now(),
          gaps: gaps.map(({ from, to, cause }) => [from, to, cause])
        })
      )
      return { name, input }
    })
    for (const { name, input } of inputs) await input.connect(replay.outputs[name]!)
    await replay.start()
    expect(await replay.finished()).toBeUndefined()
    const last = (name: string) => seen.findLast((chunk) => chunk.name === name)
    await waitFor(() => last('signals')?.index === 200 && last('slow')?.index === 1060, { what: 'all samples' })
    const of = (name: string) => seen.filter((chunk) => chunk.name === name)
    // What began 0.3 s later comes 0.15 s later, at twice the speed.
    expect(of('slow')[0]!.at - of('signals')[0]!.at).toBeGreaterThan(100)
    expect(of('slow')[0]!.gaps).toEqual([[0, 1000, 'device']])
    expect(of('signals').flatMap(({ gaps }) => gaps)).toEqual([[300, 310, 'device']])
    const runs = of('signals').map(({ run }) => run)
    expect(new Set(runs).size).toBe(2)
    expect(of('signals').findLast(({ run }) => run === runs[0])!.index).toBe(600)
    expect(new Set(of('slow').map(({ run }) => run)).size).toBe(1)
    for (const { input } of inputs) await input.close()

    const { signals, slow: tail } = await play({ file, pace: 'max', from: 0.35 })
    expect(signals!.data.length).toBe(600 - 350 + 200)
    expect(tail!.indexes.at(-1)).toBe(1060)
  })

  test('a damaged file fails at configure, by name', async () => {
    await using replay = new FileReplay({ name: 'bad' })
    await expect(replay.configure({ file: '/nowhere.edf' })).rejects.toThrow(RecordingFileError)
    await expect(replay.configure({ file: edf('tal.json') })).rejects.toThrow(/unknown format/)
  })
})
