import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError, NodeStateError } from '@nodeacq/core'
import { NdArray, type DTypeLike } from '@nodeacq/ndarray'
import { InputStream, OutputStream } from '@nodeacq/stream'
import { beforeAll, describe, expect, test } from 'vitest'
import { ramp, tempFolder, waitFor, smallDisk } from 'testing'
import { FileReplay, openSampleFile, RawRecorder, RecorderError } from '../src/index.ts'

interface Vector {
  files_after_initialize_base64: Record<string, string>
  files_after_stop_base64: Record<string, string>
  sent: Record<string, number[][][]>
  add_annotations_kwargs: Record<string, unknown>
}
let vector: Vector
beforeAll(async () => {
  vector = JSON.parse(await readFile(new URL('fixtures/rawrecorder.json', import.meta.url), 'utf8')) as Vector
})

/** Every file of a folder, as text where it is JSON, else as base64. */
async function contentOf(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const name of (await readdir(folder)).sort()) {
    const content = await readFile(join(folder, name))
    files[name] = content.toString(name.endsWith('.json') ? 'utf8' : 'base64')
  }
  return files
}

function decoded(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, text]) => [name, name.endsWith('.json') ? Buffer.from(text, 'base64').toString() : text])
  )
}

const input = (recorder: RawRecorder, name: string) => recorder.stream('input', name) as InputStream

describe('RawRecorder', () => {
  test("writes what pyacq's RawRecorder writes, byte for byte", async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'rec')
    const evt: DTypeLike = [
      ['index', 'int64'],
      ['label', 'int64']
    ]
    const specs = {
      eeg: { dtype: 'float32', shape: [-1, 2], sampleRate: 100, channelInfo: [{ name: 'Fz' }, { name: 'Café' }] },
      emg: { dtype: 'int16', shape: [-1, 3], sampleRate: 1000 },
      evt: { dtype: evt, shape: [-1], sampleRate: 1000, streamType: 'events' }
    }
    const sources: Record<string, OutputStream> = {}
    for (const [name, spec] of Object.entries(specs)) {
      const source = new OutputStream({ streamType: 'analogsignal', ...spec })
      await source.configure()
      sources[name] = source
    }
    await using recorder = new RawRecorder({ name: 'rec' })
    await recorder.configure({ streams: sources, dirname: path })
    await recorder.initialize()
    expect(await contentOf(path)).toEqual(decoded(vector.files_after_initialize_base64))
    for (const source of Object.values(sources)) source.startRun()
    await recorder.start()
    for (const [name, chunks] of Object.entries(vector.sent)) {
      let index = 1000
      for (const chunk of chunks) {
        index += chunk.length
        const records = name === 'evt' ? chunk.map(([at, label]) => ({ index: at, label })) : chunk
        const data = NdArray.from(records, sources[name]!.info.dtype)
        // The order in memory does not matter: the file is in C order.
        await sources[name]!.send(data.ndim === 2 ? data.transpose().copy().transpose() : data, index)
      }
    }
    await recorder.addAnnotations({ yep: 'old' })
    await recorder.addAnnotations(vector.add_annotations_kwargs)
    for (const source of Object.values(sources)) await source.endRun()
    expect(await recorder.finished()).toBeUndefined()
    expect(await contentOf(path)).toEqual(decoded(vector.files_after_stop_base64))
    for (const source of Object.values(sources)) await source.close()
    expect(recorder.status().recordings).toEqual([path])
  })

  test('FileReplay → RawRecorder: every sample, gap and event is in the recording', async () => {
    await using folder = await tempFolder()
    const file = fileURLToPath(new URL('fixtures/edf/edfplus_d_gap.edf', import.meta.url))
    await using replay = new FileReplay({ name: 'replay' })
    await replay.configure({ file, pace: 'max', units: 'digital', chunkSize: 3 })
    await using recorder = new RawRecorder({ name: 'disk' })
    await recorder.configure({ folder: join(folder.path, 'rec') })
    for (const [name, output] of Object.entries(replay.outputs)) {
      await output.configure()
      await input(recorder, name).connect(output)
    }
    await recorder.initialize()
    await replay.initialize()
    await recorder.start()
    await replay.start()
    expect(await recorder.finished()).toBeUndefined()

    await using original = await openSampleFile(file)
    await using copy = await openSampleFile(join(folder.path, 'rec'))
    for (const stream of original.streams) {
      const recorded = copy.streams.find(({ name }) => name === stream.name)!
      expect(recorded.sampleCount).toBe(stream.sampleCount)
      const all = await stream.read(0, stream.sampleCount, 'digital')
      expect((await recorded.read(0, stream.sampleCount, 'digital')).equals(all)).toBe(true)
      expect(recorded.gaps).toEqual(stream.gaps)
      expect(recorded.channelInfo[0]!.gain).toBe(stream.channelInfo[0]!.gain)
      const physical = await stream.read(0, stream.sampleCount, 'physical')
      expect((await recorded.read(0, stream.sampleCount, 'physical')).equals(physical)).toBe(true)
    }
    const events = copy.streams.find(({ name }) => name === 'events')!
    expect((await events.read(0, events.sampleCount, 'digital')).field('index').toNested()).toEqual([13, 55])
  })

  test('long fast streams, in chunks of any length, lose nothing', async () => {
    await using folder = await tempFolder()
    await using source = new OutputStream({ dtype: 'int32', shape: [-1, 8], flow: 'wait' })
    await source.configure({ protocol: 'tcp' })
    await using recorder = new RawRecorder({ name: 'fast' })
    await recorder.configure({ folder: join(folder.path, 'rec'), sync: 0.05 })
    await input(recorder, 'x').connect(source)
    await recorder.initialize()
    source.startRun()
    await recorder.start()
    const samples = 200_000
    for (let from = 0, k = 0; from < samples; k++) {
      const length = Math.min(1 + ((k * 7919) % 700), samples - from)
      await source.send(ramp({ from, samples: length, channels: 8, dtype: 'int32' }), from + length, { handOver: true })
      from += length
    }
    await source.endRun()
    expect(await recorder.finished()).toBeUndefined()
    const bytes = await readFile(join(folder.path, 'rec', 'x.raw'))
    expect(bytes.equals(ramp({ samples, channels: 8, dtype: 'int32' }).bytes())).toBe(true)
    expect(await readdir(join(folder.path, 'rec'))).toEqual(['stream_properties.json', 'x.raw'])
    expect(recorder.inputs['x']!.status()).toMatchObject({ samples, lostSamples: 0 })
  })

  test('what is missing is listed with row and cause', async () => {
    await using folder = await tempFolder()
    await using source = new OutputStream({ dtype: 'int8', shape: [-1, 1] })
    await source.configure()
    await using recorder = new RawRecorder({ name: 'gaps' })
    await recorder.configure({ folder: join(folder.path, 'rec') })
    await input(recorder, 'x').connect(source)
    await recorder.initialize()
    source.startRun()
    await recorder.start()
    await source.send(Int8Array.of(1, 2))
    source.skip({ from: 2, to: 5, cause: 'overrun' })
    await source.send(Int8Array.of(3))
    await source.send(Int8Array.of(4), 10)
    source.skip({ from: 10, to: 20, cause: 'device' })
    await source.endRun()
    expect(await recorder.finished()).toBeUndefined()
    expect(JSON.parse(await readFile(join(folder.path, 'rec', 'x.gaps.json'), 'utf8'))).toEqual([
      { from: 2, to: 5, row: 2, cause: 'overrun' },
      { from: 6, to: 9, row: 3, cause: 'device' },
      // Declared behind the last sample: row 4 is where the next one would have been.
      { from: 10, to: 20, row: 4, cause: 'device' }
    ])
    expect([...(await readFile(join(folder.path, 'rec', 'x.raw')))]).toEqual([1, 2, 3, 4])
  })

  test('stop writes what was sent before it', async () => {
    await using folder = await tempFolder()
    await using source = new OutputStream({ dtype: 'int16', shape: [-1, 1] })
    await source.configure()
    await using recorder = new RawRecorder({ name: 'stop' })
    await recorder.configure({ folder: join(folder.path, 'rec') })
    await input(recorder, 'x').connect(source)
    await recorder.initialize()
    source.startRun()
    await recorder.start()
    for (let k = 0; k < 100; k++) await source.send(Int16Array.of(k))
    await recorder.stop()
    const bytes = await readFile(join(folder.path, 'rec', 'x.raw'))
    expect(bytes.equals(Buffer.from(Int16Array.from({ length: 100 }, (_, k) => k).buffer))).toBe(true)
  })

  test('one recorder makes one recording, and no folder holds two', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'rec')
    await using source = new OutputStream({ dtype: 'int8', shape: [-1, 1] })
    await source.configure()
    await using recorder = new RawRecorder({ name: 'once' })
    await recorder.configure({ folder: path })
    await input(recorder, 'x').connect(source)
    await recorder.initialize()
    source.startRun()
    await recorder.start()
    await source.send(Int8Array.of(1))
    await source.endRun()
    await recorder.finished()
    await expect(recorder.start()).rejects.toThrow(/finished recording; configure another folder/)
    await expect(recorder.configure({ folder: path })).rejects.toThrow(/a folder without a recording, got one with/)
    await recorder.configure({ folder: join(folder.path, 'next') })
    await recorder.initialize()
    source.startRun()
    await recorder.start()
    await source.send(Int8Array.of(2))
    await source.endRun()
    await recorder.finished()
    expect([...(await readFile(join(folder.path, 'next', 'x.raw')))]).toEqual([2])
    expect([...(await readFile(join(path, 'x.raw')))]).toEqual([1])
  })

  test('folders that cannot be are refused by name', async () => {
    await using folder = await tempFolder()
    await writeFile(join(folder.path, 'file'), 'x')
    await using recorder = new RawRecorder({ name: 'where' })
    await expect(recorder.configure({ folder: join(folder.path, 'a', 'b') })).rejects.toThrow(
      /its parent .* is no folder/
    )
    await expect(recorder.configure({ folder: join(folder.path, 'file') })).rejects.toThrow(
      /expected a folder, got a file/
    )
    await expect(recorder.configure({ folder: join(folder.path, 'file', 'x') })).rejects.toThrow(RecorderError)
    await expect(recorder.configure({})).rejects.toThrow(ConfigError)
    await expect(recorder.addAnnotations({ a: 1 })).rejects.toThrow(Error)
    await recorder.configure({ folder: join(folder.path, 'gone') })
    await expect(recorder.initialize()).rejects.toThrow(/at least one input/)
    await expect(recorder.start()).rejects.toThrow(NodeStateError)
    expect(() => input(recorder, '../x')).toThrow(/a name that can be a file name/)
  })

  test('a folder that becomes unusable fails the node, and the rest is stopped', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'rec')
    await using source = new OutputStream({ dtype: 'int8', shape: [-1, 1] })
    await source.configure()
    await using recorder = new RawRecorder({ name: 'gone' })
    await recorder.configure({ folder: path })
    await input(recorder, 'x').connect(source)
    await recorder.initialize()
    source.startRun()
    await recorder.start()
    await rm(path, { recursive: true })
    await source.send(Int8Array.of(1))
    const error = await recorder.finished()
    expect(error).toBeInstanceOf(RecorderError)
    expect(error).toMatchObject({ path: join(path, 'stream_properties.json'), code: 'RECORDER' })
    expect(recorder.state).toBe('failed')
  })
})

test('a full disk fails the node with the bytes that are free, spares others, and what was written stays whole', async (context) => {
  await using disk = await smallDisk(256)
  if (disk === undefined) {
    context.skip('no small file system could be mounted (it takes root)')
    return
  }
  await using source = new OutputStream({ dtype: 'int32', shape: [-1, 25] })
  await source.configure()
  await using recorder = new RawRecorder({ name: 'full' })
  await recorder.configure({ folder: join(disk.path, 'rec') })
  await input(recorder, 'x').connect(source)
  await recorder.initialize()
  await using folder = await tempFolder()
  await using other = new RawRecorder({ name: 'other' })
  await other.configure({ folder: join(folder.path, 'rec') })
  await input(other, 'x').connect(source)
  await other.initialize()
  await using viewer = new InputStream()
  await viewer.connect(source, { delivery: 'latest' })
  source.startRun()
  await recorder.start()
  await other.start()
  const viewing = (async () => {
    let samples = 0
    for await (const { data } of viewer.chunks()) samples += data.length
    return samples
  })()
  let from = 0
  const send = async () => {
    await source.send(ramp({ from, samples: 77, channels: 25, dtype: 'int32' }), from + 77)
    from += 77
  }
  await waitFor(
    async () => {
      await send()
      return recorder.state === 'failed'
    },
    { what: 'the disk to be full' }
  )
  for (let i = 0; i < 20; i++) await send()
  await source.endRun()
  const error = recorder.error as RecorderError
  expect(error).toBeInstanceOf(RecorderError)
  expect(error.message).toMatch(/x\.raw: cannot write: ENOSPC.* \(\d+ bytes are free\)$/)
  expect(error.path).toBe(join(disk.path, 'rec', 'x.raw'))
  expect(error.freeBytes).toBeLessThan(77 * 25 * 4)
  await recorder.close()

  expect(await other.finished()).toBeUndefined()
  expect(input(other, 'x').ledger.snapshot()).toMatchObject({ received: from, lost: 0, gapCount: 0 })
  const { received, skipped, lost } = (await viewing, viewer.ledger.snapshot())
  expect([received + skipped, lost]).toEqual([from, 0])

  for (const path of [join(disk.path, 'rec'), join(folder.path, 'rec')]) {
    await using recording = await openSampleFile(path)
    const [stream] = recording.streams
    expect(recording.warnings).toEqual([])
    expect(stream!.sampleCount).toBeGreaterThan(1000)
    const truth = ramp({ samples: stream!.sampleCount, channels: 25, dtype: 'int32' })
    expect((await stream!.read(0, stream!.sampleCount, 'digital')).equals(truth)).toBe(true)
  }
})
