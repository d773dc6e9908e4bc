import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, createManager } from '@nodeacq/core'
import { getLogger, type Remote } from '@nodeacq/rpc'
import { makeEvents, OutputStream, type InputStream } from '@nodeacq/stream'
import { ramp, smallDisk, tempFolder, waitFor } from 'testing'
import { describe, expect, test } from 'vitest'
import { FileWindow } from '../src/files/mcap/FileWindow.ts'
import { readBlock } from '../src/files/mcap/sampleBlock.ts'
import { scanLog } from '../src/files/mcap/scanLog.ts'
import { OpenFile } from '../src/files/OpenFile.ts'
import { Recorder, verifyLog } from '../src/index.ts'

async function openSource(options = {}): Promise<OutputStream> {
  const source = new OutputStream({ dtype: 'int16', shape: [-1, 4], sampleRate: 1000, ...options })
  await source.configure({ protocol: 'inproc' })
  return source
}

/** Messages of one topic, in the order of the file. */
async function messagesOf(path: string, topic: string): Promise<Buffer[]> {
  const file = await OpenFile.open(path)
  try {
    const messages: Buffer[] = []
    let id: number | undefined
    for await (const item of scanLog(new FileWindow(file))) {
      if (item.kind !== 'chunk') continue
      id ??= item.channels.find((channel) => channel.topic === topic)?.id
      for (const { channelId, data } of item.messages) if (channelId === id) messages.push(Buffer.from(data))
    }
    return messages
  } finally {
    await file.close()
  }
}

const jsonOf = async (path: string, topic: string) =>
  (await messagesOf(path, topic)).map((data) => JSON.parse(data.toString()) as Record<string, unknown>)

async function samplesOf(path: string, topic: string): Promise<{ index: number; bytes: Buffer }[]> {
  const blocks = (await messagesOf(path, topic)).map((data) => readBlock(data)!)
  return blocks.map(({ index, data }) => ({ index, bytes: data }))
}

async function recorderOf(file: string, sources: Record<string, OutputStream>, options = {}): Promise<Recorder> {
  const recorder = new Recorder({ name: 'disk' })
  await recorder.configure({ file, certificate: false, ...options })
  for (const [name, source] of Object.entries(sources)) {
    await (recorder.stream('input', name) as InputStream).connect(source)
  }
  await recorder.initialize()
  return recorder
}

describe('Recorder', () => {
  test('signals, events and gaps of several streams are in one file, which is checked', async () => {
    await using folder = await tempFolder()
    const file = join(folder.path, 'session.mcap')
    await using raw = await openSource({ channelInfo: ['a', 'b', 'c', 'd'].map((name) => ({ name, unit: 'uV' })) })
    await using marks = await openSource({
      streamType: 'event',
      dtype: makeEvents([]).dtype,
      shape: [-1],
      eventsOf: 'raw'
    })
    await using recorder = await recorderOf(file, { raw, marks }, { notes: { subject: 'S 01' } })
    raw.startRun()
    marks.startRun()
    await recorder.start()
    await raw.send(ramp({ samples: 300, channels: 4, dtype: 'int16' }), 300)
    await marks.send(makeEvents([{ index: 120, value: 7, label: 'go' }]))
    await raw.send(ramp({ from: 350, samples: 50, channels: 4, dtype: 'int16' }), 400)
    await raw.endRun()
    await marks.endRun()
    expect(await recorder.finished()).toBeUndefined()
    const report = await verifyLog(file)
    expect(report.problems).toEqual([])
    expect(report.metadata.map(({ name }) => name)).toEqual(['nodeacq.recording', 'nodeacq.notes'])
    const stream = report.streams.get('/raw/samples')!
    expect(stream).toMatchObject({
      first: 0,
      next: 400,
      received: 350,
      gaps: [{ from: 300, to: 350, cause: 'device' }]
    })
    expect(JSON.parse(stream.metadata['channelInfo']!)).toHaveLength(4)
    const bytes = Buffer.concat((await samplesOf(file, '/raw/samples')).map((block) => block.bytes))
    const truth = [
      ramp({ samples: 300, channels: 4, dtype: 'int16' }),
      ramp({ from: 350, samples: 50, channels: 4, dtype: 'int16' })
    ]
    expect(bytes.equals(Buffer.concat(truth.map((array) => array.bytes())))).toBe(true)
    expect(await jsonOf(file, '/marks/events')).toMatchObject([{ index: 120, value: 7, label: 'go' }])
    expect(report.close).toMatchObject({
      reason: 'stop',
      streams: { '/raw/samples': { first: 0, next: 400, received: 350, lost: 50, gaps: 1 } }
    })
    const sidecar = JSON.parse(await readFile(join(folder.path, 'session.nodeacq.json'), 'utf8')) as object
    expect(sidecar).toMatchObject({
      state: 'verified',
      verdict: { ok: true },
      files: [{ name: 'session.mcap', bytes: (await stat(file)).size }],
      streams: {
        '/raw/samples': {
          dtype: 'int16',
          shape: [-1, 4],
          sampleRate: 1000,
          first: 0,
          next: 400,
          received: 350,
          lost: 50
        },
        '/marks/events': { streamType: 'event' }
      },
      provenance: { host: hostname(), versions: { node: process.versions.node }, notes: { subject: 'S 01' } },
      sync: {
        seconds: 0.5,
        worstMs: expect.any(Number) as number,
        boundSeconds: recorder.recordControl.status.powerCut!
      }
    })
    expect((await readdir(folder.path)).toSorted()).toEqual(['session.mcap', 'session.nodeacq.json'])
  })

  test('a recording shorter than its tail is verified as a whole, one that is not read again is closed', async () => {
    await using folder = await tempFolder()
    for (const [verify, state] of [
      ['tail', 'verified'],
      ['off', 'closed']
    ] as const) {
      const file = join(folder.path, `${verify}.mcap`)
      await using source = await openSource()
      await using recorder = await recorderOf(file, { raw: source }, { verify })
      source.startRun()
      await recorder.start()
      await source.send(ramp({ samples: 100, channels: 4, dtype: 'int16' }), 100)
      await source.endRun()
      expect(await recorder.finished()).toBeUndefined()
      const { size } = await stat(file)
      const sidecar = JSON.parse(await readFile(join(folder.path, `${verify}.nodeacq.json`), 'utf8')) as object
      const verdict = { ok: true, checked: verify === 'tail', readBytes: verify === 'tail' ? size : 0, bytes: size }
      expect(sidecar).toMatchObject({ state, verdict: { ...verdict, problems: [] } })
    }
  })

  test('a source that starts anew begins another part', async () => {
    await using folder = await tempFolder()
    const file = join(folder.path, 'session.mcap')
    await using one = await openSource()
    await using two = await openSource()
    await using recorder = await recorderOf(file, { one, two })
    one.startRun()
    two.startRun()
    await recorder.start()
    await one.send(ramp({ samples: 10, channels: 4, dtype: 'int16' }), 10)
    await two.send(ramp({ samples: 10, channels: 4, dtype: 'int16' }), 10)
    one.startRun()
    await one.send(ramp({ samples: 20, channels: 4, dtype: 'int16' }), 20)
    await two.send(ramp({ from: 10, samples: 5, channels: 4, dtype: 'int16' }), 15)
    await one.endRun()
    await two.endRun()
    expect(await recorder.finished()).toBeUndefined()
    const [first, second] = await Promise.all([verifyLog(file), verifyLog(join(folder.path, 'session_part-002.mcap'))])
    expect([first.problems, second.problems]).toEqual([[], []])
    expect(first.streams.get('/one/samples')).toMatchObject({ first: 0, next: 10 })
    expect(second.streams.get('/one/samples')).toMatchObject({ first: 0, next: 20 })
    const [before, after] = [first, second].map(({ streams }) => streams.get('/two/samples')!)
    expect([before!.first, (before!.next ?? 0) + after!.received]).toEqual([0, 15])
    expect(second.metadata[0]!.metadata).toMatchObject({ part: '2', previous: 'session.mcap' })
    expect(second.metadata[0]!.metadata['uuid']).toBe(first.metadata[0]!.metadata['uuid'])
  })

  test('streams that start anew together share the next part, and what a device never had is no loss', async () => {
    await using folder = await tempFolder()
    const file = join(folder.path, 'session.mcap')
    const sources = { one: await openSource(), two: await openSource(), three: await openSource() }
    await using recorder = await recorderOf(file, sources)
    const all = Object.values(sources)
    for (const source of all) source.startRun()
    await recorder.start()
    const chunk = ramp({ samples: 10, channels: 4, dtype: 'int16' })
    for (let run = 0; run < 3; run++) {
      if (run > 0) for (const source of all) source.startRun()
      // The first sample of a run has the number 100.
      await Promise.all(all.map((source) => source.send(chunk, 110)))
    }
    for (const source of all) await source.endRun()
    expect(await recorder.finished()).toBeUndefined()
    const names = ['session.mcap', 'session_part-002.mcap', 'session_part-003.mcap']
    expect((await readdir(folder.path)).filter((name) => name.endsWith('.mcap')).toSorted()).toEqual(names)
    for (const name of names) {
      const report = await verifyLog(join(folder.path, name))
      expect({ name, problems: report.problems }).toEqual({ name, problems: [] })
      for (const stream of ['one', 'two', 'three']) {
        expect(report.streams.get(`/${stream}/samples`)).toMatchObject({
          first: 100,
          next: 110,
          received: 10,
          gaps: []
        })
      }
    }
    for (const source of all) await source.close()
  })

  test('through a real group, from another process', async () => {
    await using folder = await tempFolder()
    const file = join(folder.path, 'session.mcap')
    await using manager = await createManager({ mode: 'local' })
    const amp = await manager.createNode('NoiseGenerator', { name: 'amp' })
    await amp.configure({ channelCount: 8, sampleRate: 1000, chunkSize: 10 })
    await amp.outputs['signals']!.configure({ transferMode: 'sharedmem', bufferSize: 10_000 })
    await amp.initialize()
    const disk = await manager.createNode('Recorder', { name: 'disk' })
    await disk.configure({ file })
    const input = (await disk.stream('input', 'raw')) as Remote<InputStream>
    await input.connect(amp.outputs['signals']!)
    await disk.initialize()
    await manager.startAll()
    await waitFor(async () => (await stat(file)).size > 10_000, { what: 'a recording' })
    const isKnown = async () =>
      (await manager.events(0)).events.some(({ recording }) => recording?.state === 'recording')
    await waitFor(isKnown, { what: 'news of the recording' })
    getLogger('lab.amp').warning('the electrode of O1 is dry')
    const notes = async () => (await jsonOf(file, '/nodeacq/log')).filter(({ logger }) => logger === 'lab.amp')
    await waitFor(async () => (await notes()).length > 0, { what: 'the warning in the file' })
    expect(await notes()).toMatchObject([{ level: 'warning', message: 'the electrode of O1 is dry' }])
    await manager.stopAll()
    const report = await verifyLog(file)
    expect(report.problems).toEqual([])
    const { first, next, received } = report.streams.get('/raw/samples')!
    expect([first, next]).toEqual([0, received])
    expect(received).toBeGreaterThan(100)
  })

  test('what it cannot record into is refused, and never replaced', async () => {
    await using folder = await tempFolder()
    const recorder = new Recorder({ name: 'disk' })
    const file = join(folder.path, 'session.mcap')
    await writeFile(file, 'precious')
    await expect(recorder.configure({ file })).rejects.toThrow(/exists already/)
    await expect(recorder.configure({ file: join(folder.path, 'session.edf') })).rejects.toThrow(ConfigError)
    await expect(recorder.configure({ file: join(folder.path, 'no', 'session.mcap') })).rejects.toThrow(/is not there/)
    expect(await readFile(file, 'utf8')).toBe('precious')
    await writeFile(join(folder.path, 'other_part-002.mcap'), '')
    await expect(recorder.configure({ file: join(folder.path, 'other.mcap') })).rejects.toThrow(
      /other_part-002.mcap: it exists/
    )
  })
})

test('on a full disk the file ends whole, with its reason, and the node says what is missing', async (context) => {
  await using disk = await smallDisk(6 * 1024)
  if (disk === undefined) {
    context.skip('no small file system could be mounted (it takes root)')
    return
  }
  const file = join(disk.path, 'session.mcap')
  await using source = await openSource()
  await using recorder = await recorderOf(file, { source })
  source.startRun()
  await recorder.start()
  let from = 0
  const failed = recorder.finished()
  for (; recorder.state === 'running' && from < 4_000_000; from += 10_000) {
    await source.send(ramp({ from, samples: 10_000, channels: 4, dtype: 'int16' }), from + 10_000)
    await sleep(2)
  }
  expect((await failed)?.message).toMatch(/ENOSPC/)
  const report = await verifyLog(file)
  expect(report.problems).toEqual([])
  expect(report.close).toMatchObject({ reason: 'disk-full' })
  expect(report.streams.get('/source/samples')!.received).toBeGreaterThan(10_000)
})
