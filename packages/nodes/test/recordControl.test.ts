import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createManager, Node, RecordError, type ManagerHandle } from '@nodeacq/core'
import { getLogger } from '@nodeacq/rpc'
import type { InputStream } from '@nodeacq/stream'
import { tempFolder, waitFor } from 'testing'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { NoiseGenerator, openSampleFile, RawRecorder, Recorder, verifyLog } from '../src/index.ts'
import { readMessages } from './readMessages.ts'
import { RecorderNode } from '../src/recorders/RecorderNode.ts'
import type { Recording } from '../src/recorders/Recording.ts'

/** Noise of two devices into recorders that wait to be told, all in this process. */
async function lab(folder: string, { contract = [] as string[], autostart = false } = {}) {
  const manager = await createManager({
    mode: 'local',
    recordContract: () => Promise.resolve(contract)
  })
  const add = async <N extends NoiseGenerator | Recorder | RawRecorder>(node: N, options: object): Promise<N> => {
    manager.localGroup.addNode(node)
    await node.configure(options)
    return node
  }
  const amps = await Promise.all(
    ['a', 'b'].map((name) =>
      add(new NoiseGenerator({ name }), { channelCount: 2, sampleRate: 2000, chunkSize: 20, seed: 1 })
    )
  )
  for (const amp of amps) await amp.initialize()
  const log = await add(new Recorder({ name: 'log' }), {
    file: join(folder, 'session.mcap'),
    certificate: false,
    autostart
  })
  const raw = await add(new RawRecorder({ name: 'raw' }), {
    folder: join(folder, 'raw_%n'),
    certificate: false,
    autostart: false
  })
  for (const recorder of [log, raw]) {
    for (const amp of amps) await (recorder.stream('input', amp.name) as InputStream).connect(amp.output)
    await recorder.initialize()
  }
  await manager.startAll()
  await waitFor(() => amps.every((amp) => amp.output.index > 200), { what: 'samples' })
  return { manager, amps, log, raw }
}

const states = async (manager: ManagerHandle) => (await manager.recordStatus()).map(({ state }) => state)

async function untilRecorded(manager: ManagerHandle, seconds: number): Promise<void> {
  const isLong = async () => (await manager.recordStatus()).every((each) => each.seconds > seconds)
  await waitFor(isLong, { what: 'a recording' })
}

/** A recorder that takes long to read again what it wrote. */
class SlowRecorder extends RecorderNode<{ autostart: boolean }> {
  static override readonly configSchema = z.object({ autostart: z.boolean().default(true) })

  protected override _openRecording(): Promise<Recording> {
    return Promise.resolve({
      paths: ['slow'],
      // At the pace of a slow disk this is read in two seconds.
      bytes: 1e8,
      take: () => Promise.resolve(),
      addTrailingGaps: () => Promise.resolve(),
      annotate: () => Promise.resolve(),
      keep: () => Promise.resolve(),
      finish: () => sleep(400, 'verified' as const),
      close: () => Promise.resolve(),
      discard: () => Promise.resolve()
    })
  }

  protected override _target(): string {
    return 'slow'
  }
}

class Knob extends Node<Record<string, unknown>, { gain: number; filter: { cut: number } }> {
  static override readonly paramsSchema = z.object({
    gain: z.number().default(1),
    filter: z.object({ cut: z.number() }).default({ cut: 40 })
  })

  protected override _run(): Promise<void> {
    return Promise.resolve()
  }
}

describe('record control', () => {
  test('a recording that takes long to be checked is waited for, however short the time to stop', async () => {
    await using amp = new NoiseGenerator({ name: 'amp' })
    await amp.configure({ channelCount: 1, sampleRate: 1000 })
    await amp.initialize()
    await using slow = new SlowRecorder({ name: 'slow' })
    await slow.configure()
    await (slow.stream('input', 'x') as InputStream).connect(amp.output)
    await slow.initialize()
    await slow.start()
    await amp.start()
    await waitFor(() => amp.output.index > 0, { what: 'samples' })
    await amp.stop()
    await slow.stop({ timeout: 100 })
    expect([slow.state, slow.recordControl.status.state]).toEqual(['initialized', 'verified'])
  })

  test('several recordings in one run, each in files of its own, with annotations', async () => {
    await using folder = await tempFolder()
    const { manager, amps, log } = await lab(folder.path)
    await using _ = manager
    expect(await states(manager)).toEqual(['idle', 'idle'])
    await expect(manager.stopRecording()).rejects.toThrow('nothing is recorded')
    await expect(manager.annotate('too early')).rejects.toThrow(RecordError)
    expect(await readdir(folder.path)).toEqual([])

    const started = await manager.startRecording({ notes: { task: 'rest' } })
    expect(started).toMatchObject([
      { node: 'log', state: 'recording', file: join(folder.path, 'session.mcap'), recordings: 1 },
      { node: 'raw', state: 'recording', file: join(folder.path, 'raw_001') }
    ])
    await expect(manager.startRecording()).rejects.toThrow(/recorded already: log is recording \(.*session.mcap\)/)
    await untilRecorded(manager, 0.3)
    const newest = amps[0]!.output.index
    await manager.annotate('eyes closed')
    expect(await manager.stopRecording()).toMatchObject([
      { node: 'log', state: 'verified', lostSamples: 0, error: null },
      { node: 'raw', state: 'closed', lostSamples: 0 }
    ])
    expect(log.isRunning).toBe(true)
    await manager.startRecording()
    await untilRecorded(manager, 0.1)
    const second = await manager.stopRecording()
    expect(second.map(({ file, recordings }) => [file, recordings])).toEqual([
      [join(folder.path, 'session_rec-002.mcap'), 2],
      [join(folder.path, 'raw_002'), 2]
    ])
    await manager.stopAll()

    for (const [name, notes] of [
      ['session.mcap', { task: 'rest' }],
      ['session_rec-002.mcap', undefined]
    ] as const) {
      const report = await verifyLog(join(folder.path, name))
      expect(report.problems).toEqual([])
      expect(report.metadata.find((each) => each.name === 'nodeacq.notes')?.metadata).toEqual(notes)
      for (const stream of ['a', 'b']) {
        const { first, next, received, gaps } = report.streams.get(`/${stream}/samples`)!
        expect(first).toBeGreaterThan(0)
        expect({ received, gaps }).toEqual({ received: next! - first!, gaps: [] })
      }
    }
    await using file = await openSampleFile(join(folder.path, 'session.mcap'))
    const [event] = await file.events()
    const { startIndex } = file.streams[0]!
    expect(event!.label).toBe('eyes closed')
    expect(event!.index).toBeGreaterThan(startIndex)
    // A device that is late on a busy machine has the sample of that time later.
    expect(Math.abs(event!.index - newest)).toBeLessThan(2000)
    const notes = JSON.parse(await readFile(join(folder.path, 'raw_001', 'annotations.json'), 'utf8')) as object
    expect(notes).toMatchObject({ task: 'rest', annotations: [{ text: 'eyes closed' }] })
  })

  test('changes of parameters, warnings and errors of the graph stand in the recording, and nothing else of them', async () => {
    await using folder = await tempFolder()
    const { manager, log } = await lab(folder.path)
    await using _ = manager
    const knob = new Knob({ name: 'knob' })
    manager.localGroup.addNode(knob)
    await knob.setParams({ gain: 2 })
    await manager.startRecording()
    const isKnown = async () =>
      (await manager.events(0)).events.some(({ recording }) => recording?.state === 'recording')
    await waitFor(isKnown, { what: 'the recording' })
    const amp = getLogger('lab.amp')
    amp.warning('battery is low')
    amp.info('nobody needs this')
    amp.error('electrode off', new Error('impedance'))
    await knob.setParams({ filter: { cut: 30 } })
    await knob.setParams({ filter: { cut: 30 } })
    const isTold = async () =>
      (await manager.events(0)).events.filter(({ kind }) => kind === 'paramsChanged').length === 3
    await waitFor(isTold, { what: 'the changes' })
    await manager.stopRecording()
    await manager.stopAll()
    expect(log.state).toBe('initialized')

    const { problems } = await verifyLog(join(folder.path, 'session.mcap'))
    expect(problems).toEqual([])
    const messages = await readMessages(join(folder.path, 'session.mcap'))
    const time = expect.stringMatching(/^\d{19}$/) as string
    expect(messages['/nodeacq/params']).toEqual([
      { node: 'knob', params: ['filter'], old: { filter: { cut: 40 } }, new: { filter: { cut: 30 } }, time }
    ])
    const said = messages['/nodeacq/log']!.filter(({ logger }) => logger === 'lab.amp')
    expect(said).toMatchObject([
      { level: 'warning', message: 'battery is low', time },
      { level: 'error', message: 'electrode off', error: expect.stringContaining('Error: impedance') as string, time }
    ])
  })

  test('when one recorder cannot, none does, and nothing is left of the others', async () => {
    await using folder = await tempFolder()
    const { manager } = await lab(folder.path)
    await using _ = manager
    await writeFile(join(folder.path, 'session.mcap'), 'precious')
    await expect(manager.startRecording()).rejects.toThrow(/^log cannot prepare: .*session.mcap: it exists already/)
    expect(await states(manager)).toEqual(['failed', 'idle'])
    expect(await readdir(folder.path)).toEqual(['session.mcap'])
    expect(await readFile(join(folder.path, 'session.mcap'), 'utf8')).toBe('precious')
  })

  test('a contract that is not met is overridden with a reason only, which the recording keeps', async () => {
    await using folder = await tempFolder()
    const { manager } = await lab(folder.path, { contract: ['amp.signals delivers 12 Hz, expected 2000 Hz'] })
    await using _ = manager
    await expect(manager.startRecording()).rejects.toMatchObject({
      name: 'RecordError',
      unmet: ['amp.signals delivers 12 Hz, expected 2000 Hz']
    })
    await expect(manager.startRecording({ override: ' ' })).rejects.toThrow(/needs a reason/)
    await manager.startRecording({ override: 'only the video counts' })
    await untilRecorded(manager, 0.1)
    await manager.stopRecording()
    const { metadata } = await verifyLog(join(folder.path, 'session.mcap'))
    expect(metadata.find(({ name }) => name === 'nodeacq.notes')?.metadata).toEqual({
      override: 'only the video counts',
      unmet: 'amp.signals delivers 12 Hz, expected 2000 Hz'
    })
    await using file = await openSampleFile(join(folder.path, 'session.mcap'))
    expect((await file.events()).map(({ label }) => label)).toEqual([
      'started although the contract was not met: only the video counts'
    ])
  })

  test('a device that stops and starts again goes on in another part; the recording ends with the last of them', async () => {
    await using folder = await tempFolder()
    const { manager, amps, log } = await lab(folder.path, { autostart: true })
    await using _ = manager
    const [a, b] = amps
    await a!.stop()
    await a!.start()
    await waitFor(() => log.status().recordings.length === 2, { what: 'a second part' })
    const [nextA, nextB] = [a!.output.index + 100, b!.output.index + 100]
    await waitFor(() => a!.output.index > nextA && b!.output.index > nextB, { what: 'samples in the second part' })
    await b!.stop()
    expect(log.isRunning).toBe(true)
    await a!.stop()
    expect(await log.finished()).toBeUndefined()
    const [first, second] = await Promise.all(
      ['session.mcap', 'session_part-002.mcap'].map((name) => verifyLog(join(folder.path, name)))
    )
    expect([first!.problems, second!.problems]).toEqual([[], []])
    expect(second!.streams.get('/a/samples')).toMatchObject({ first: 0, next: a!.output.index, gaps: [] })
    expect(second!.streams.get('/b/samples')!.next).toBe(b!.output.index)
    expect(second!.streams.get('/b/samples')!.first).toBe(first!.streams.get('/b/samples')!.next)
  })
})
