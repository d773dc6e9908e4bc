import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NdArray } from '@nodeacq/ndarray'
import { makeEvents, OutputStream, type InputStream } from '@nodeacq/stream'
import { tempFolder, waitFor } from 'testing'
import { describe, expect, test } from 'vitest'
import { segmentsOf } from '../../src/files/timeline.ts'
import {
  BdfRecorder,
  BrainVisionRecorder,
  EdfRecorder,
  openSampleFile,
  RecorderError,
  WavRecorder,
  XdfRecorder,
  type RecordedStream
} from '../../src/index.ts'

type AnyRecorder = EdfRecorder | BdfRecorder | BrainVisionRecorder | XdfRecorder | WavRecorder

const channelInfo = ['C3', 'C4'].map((name) => ({ name, unit: 'uV', gain: 0.5 }))

function sources() {
  return {
    fast: new OutputStream({ dtype: 'int16', shape: [-1, 2], sampleRate: 1000, channelInfo }),
    slow: new OutputStream({ dtype: 'int16', shape: [-1, 1], sampleRate: 250, channelInfo: [{ name: 'resp' }] }),
    marks: new OutputStream({ streamType: 'event', dtype: makeEvents([]).dtype, shape: [-1], eventsOf: 'fast' })
  }
}

type Sources = ReturnType<typeof sources>

async function startRecording(
  recorder: AnyRecorder,
  config: Readonly<Record<string, unknown>>,
  outputs: Partial<Sources>
) {
  await recorder.configure({ sync: 0.1, ...config } as never)
  for (const [name, output] of Object.entries(outputs)) {
    await output.configure({ protocol: 'inproc' })
    await (recorder.stream('input', name) as InputStream).connect(output)
  }
  await recorder.initialize()
  for (const output of Object.values(outputs)) output.startRun()
  await recorder.start()
}

/** Values that say which sample they are of. */
async function send(output: OutputStream, from: number, to: number): Promise<void> {
  const [, channels = 1] = output.params.shape as number[]
  const rows = Array.from({ length: to - from }, (_, k) =>
    Array.from({ length: channels }, (_, c) => value(from + k, c))
  )
  await output.send(NdArray.from(rows, 'int16'), to)
}

const value = (index: number, channel: number): number => ((index * 7 + channel) % 20_000) + 1

async function finish(recorder: AnyRecorder, outputs: Partial<Sources>): Promise<Error | undefined> {
  for (const output of Object.values(outputs)) await output.endRun()
  const error = await recorder.finished()
  await recorder.close()
  for (const output of Object.values(outputs)) await output.close()
  return error
}

/** The samples that a file has of a stream, which begins with its first: `[index, value]` where they are not filled. */
async function expectSamples(stream: RecordedStream, end: number, lost: readonly [number, number] = [0, 0]) {
  const data = (await stream.read(0, stream.sampleCount, 'digital')).toNested() as number[][]
  const wrong = segmentsOf(stream).flatMap(({ row, index, count }) =>
    Array.from({ length: count }, (_, k) => ({ index: index + k, got: data[row + k]![0] })).filter(
      ({ index: at, got }) => at < end && !(at >= lost[0] && at < lost[1]) && got !== value(at, 0)
    )
  )
  expect(wrong.slice(0, 3)).toEqual([])
}

describe('recorders of other formats', () => {
  test.each([
    ['edf', () => new EdfRecorder({ name: 'disk' })],
    ['bdf', () => new BdfRecorder({ name: 'disk' })]
  ] as const)(
    '%s: streams of two rates, a gap and events are in one file, and a report beside it',
    async (kind, make) => {
      await using folder = await tempFolder()
      const outputs = sources()
      const recorder = make()
      const file = join(folder.path, `live.${kind}`)
      await startRecording(recorder, { file, options: { patientCode: 'S01' } }, outputs)
      for (let at = 0; at < 3000; at += 100) {
        if (at !== 1200) await send(outputs.fast, at, at + 100)
        await send(outputs.slow, at / 4, at / 4 + 25)
        if (at === 500) await outputs.marks.send(makeEvents([{ index: 450, label: 'go', value: 3 }]))
      }
      expect(await finish(recorder, outputs)).toBeUndefined()
      await using read = await openSampleFile(file)
      expect(read.warnings).toEqual([])
      expect(read.details).toMatchObject({ patient: 'S01 X X X' })
      await expectSamples(read.streams[0]!, 3000, [1200, 1300])
      await expectSamples(read.streams[1]!, 750)
      const events = (await read.events()).map(({ index, label }) => [index, label])
      expect(events).toEqual(
        expect.arrayContaining([
          [450, 'go'],
          [1200, 'BAD_gap'],
          [1200, 'lost 100 samples: device']
        ])
      )
      const sidecar = JSON.parse(await readFile(join(folder.path, `live.${kind}.nodeacq.json`), 'utf8')) as object
      expect(sidecar).toMatchObject({
        state: 'closed',
        conversion: [{ streams: [{ stream: 'fast', isExact: true }, {}] }]
      })
    }
  )

  test('BrainVision: each stream in files of its own; a source that starts anew begins other files', async () => {
    await using folder = await tempFolder()
    const { fast, slow } = sources()
    const recorder = new BrainVisionRecorder({ name: 'disk' })
    const file = join(folder.path, 'live.vhdr')
    await startRecording(recorder, { file }, { fast, slow })
    await send(fast, 0, 500)
    await send(slow, 0, 125)
    await fast.endRun()
    fast.startRun()
    await send(fast, 0, 200)
    await send(slow, 125, 200)
    expect(await finish(recorder, { fast, slow })).toBeUndefined()
    for (const [name, end] of Object.entries({ 'live.vhdr': 500, 'live_slow.vhdr': 125, 'live_part-002.vhdr': 200 })) {
      await using read = await openSampleFile(join(folder.path, name))
      expect(read.warnings).toEqual([])
      expect(read.streams[0]!.sampleCount).toBeGreaterThanOrEqual(end)
      await expectSamples(read.streams[0]!, end)
    }
  })

  test.each([
    ['xdf', () => new XdfRecorder({ name: 'disk' })],
    ['wav', () => new WavRecorder({ name: 'disk' })]
  ] as const)('%s too: every sample is there', async (kind, make) => {
    await using folder = await tempFolder()
    const { fast } = sources()
    const recorder = make()
    const file = join(folder.path, `live.${kind}`)
    await startRecording(recorder, { file }, { fast })
    for (let at = 0; at < 1000; at += 100) await send(fast, at, at + 100)
    expect(await finish(recorder, { fast })).toBeUndefined()
    await using read = await openSampleFile(file)
    const data = (await read.streams[0]!.read(0, 1000, 'digital')).toNested() as number[][]
    expect(data).toEqual(Array.from({ length: 1000 }, (_, k) => [value(k, 0), value(k, 1)]))
  })

  test('a stream that falls silent is filled after a while, and what comes then for its place is reported', async () => {
    await using folder = await tempFolder()
    const { fast, slow } = sources()
    const recorder = new EdfRecorder({ name: 'disk' })
    const file = join(folder.path, 'live.edf')
    await startRecording(recorder, { file, patience: 0.1 }, { fast, slow })
    for (let at = 0; at < 1000; at += 100) {
      await send(fast, at, at + 100)
      await send(slow, at / 4, at / 4 + 25)
    }
    for (let at = 1000; at < 3500; at += 100) await send(fast, at, at + 100)
    // Three records of the fast one are in the file, though the slow one has given one.
    await waitFor(() => Number(readFileSync(file).toString('latin1', 236, 244)) >= 3)
    await send(slow, 250, 1050)
    expect(await finish(recorder, { fast, slow })).toBeUndefined()
    await using read = await openSampleFile(file)
    await expectSamples(read.streams[0]!, 3500)
    await expectSamples(read.streams[1]!, 1050, [250, 875])
    expect((await read.events()).map(({ label }) => label)).toContain('lost 625 samples: late')
    const sidecar = await readFile(join(folder.path, 'live.edf.nodeacq.json'), 'utf8')
    expect(sidecar).toContain("625 samples of 'slow'")
  })

  test('what cannot be recorded is said before the first sample, and nothing is replaced', async () => {
    await using folder = await tempFolder()
    const file = join(folder.path, 'live.edf')
    const floats = new OutputStream({ dtype: 'float32', shape: [-1, 1], sampleRate: 100 })
    const text = new OutputStream({ dtype: 'S8', shape: [-1, 1], sampleRate: 100 })
    const recorder = new EdfRecorder({ name: 'disk' })
    await expect(startRecording(recorder, { file }, { text } as never)).rejects.toThrow(
      /stream 'text' cannot be written/
    )
    await recorder.close()
    await writeFile(file, 'precious')
    const second = new EdfRecorder({ name: 'disk' })
    await expect(startRecording(second, { file }, { floats } as never)).rejects.toThrow(RecorderError)
    await second.close()
    expect(await readFile(file, 'utf8')).toBe('precious')
    const third = new EdfRecorder({ name: 'disk' })
    await startRecording(third, { file: join(folder.path, 'other.edf') }, { floats } as never)
    await floats.send(Float32Array.from([1, 2]), 2)
    await floats.endRun()
    expect((await third.finished())?.message).toMatch(/needs to know its range before the first sample/)
    await third.close()
    await floats.close()
    await text.close()
  })
})
