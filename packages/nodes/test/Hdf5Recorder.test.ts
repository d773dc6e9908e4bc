import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createManager } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { makeEvents, OutputStream, type InputStream } from '@nodeacq/stream'
import { tempFolder, waitFor } from 'testing'
import { expect, test } from 'vitest'
import { Hdf5Recorder, openSampleFile, RecorderError } from '../src/index.ts'

const block = (from: number, to: number): NdArray =>
  NdArray.from(
    Array.from({ length: to - from }, (_, k) => [from + k, -from - k]),
    'int16'
  )

test('records signals with gaps, clocks and events; a source that starts anew begins another file', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'session.h5')
  const channelInfo = ['C3', 'C4'].map((name) => ({ name, unit: 'µV', gain: 0.5 }))
  await using emg = new OutputStream({ dtype: 'int16', shape: [-1, 2], sampleRate: 1000, channelInfo })
  await using slow = new OutputStream({ dtype: 'float32', shape: [-1], sampleRate: 10 })
  await using marks = new OutputStream({
    streamType: 'event',
    dtype: makeEvents([]).dtype,
    shape: [-1],
    eventsOf: 'emg'
  })
  const recorder = new Hdf5Recorder({ name: 'hdf5' })
  await recorder.configure({ file, sync: 0.05, notes: { subject: 'é' }, attachments: { 'graph.yaml': 'name: demo\n' } })
  for (const [name, output] of Object.entries({ emg, slow, marks })) {
    await output.configure()
    await (recorder.stream('input', name) as InputStream).connect(output, { name: `hdf5.${name}` })
  }
  await recorder.initialize()
  for (const output of [emg, slow, marks]) output.startRun()
  const before = Date.now()
  await recorder.start()
  await emg.send(block(0, 700), 700)
  await emg.send(block(740, 1500), 1500)
  await slow.send(Float32Array.from([1, 2.5, NaN]), 3)
  await marks.send(makeEvents([{ index: 250, label: 'µ go', value: 7, duration: 20 }]))
  // Only what is on the disk is acknowledged.
  await waitFor(() => emg.status().acknowledged['hdf5.emg']?.index === 1500)
  await emg.endRun()
  emg.startRun()
  await emg.send(block(0, 10), 10)
  for (const output of [emg, slow, marks]) await output.endRun()
  expect(await recorder.finished()).toBeUndefined()
  const { recordings } = recorder.status()
  await recorder.close()
  expect(recordings).toEqual([file, join(folder.path, 'session_part-002.h5')])

  await using first = await openSampleFile(file)
  expect(first.warnings).toEqual([])
  expect(first.details).toMatchObject({ source: 'hdf5', 'graph.yaml': 'name: demo\n', notes: '{"subject":"é"}' })
  expect(Math.abs(Number(first.startUtc! / 1_000_000n) - before)).toBeLessThan(60_000)
  const [fast, other] = first.streams
  expect(fast).toMatchObject({
    name: 'emg',
    sampleRate: 1000,
    sampleCount: 1460,
    startIndex: 0,
    channelInfo,
    gaps: [{ from: 700, to: 740, row: 700, cause: 'device' }]
  })
  expect((await fast!.read(0, 700, 'digital')).equals(block(0, 700))).toBe(true)
  expect((await fast!.read(700, 1460, 'digital')).equals(block(740, 1500))).toBe(true)
  expect(other).toMatchObject({ name: 'slow', sampleCount: 3, sampleShape: [], gaps: [] })
  expect((await other!.read(0, 3, 'digital')).toNested()).toEqual([1, 2.5, NaN])
  expect(await first.events()).toEqual([{ index: 250, duration: 20, label: 'µ go', value: 7 }])
  await using second = await openSampleFile(recordings[1]!)
  expect(second.streams.find(({ name }) => name === 'emg')).toMatchObject({ sampleCount: 10, startIndex: 0, gaps: [] })
})

test("is known by the manual's name, and refuses what it cannot record", async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'session.h5')
  await using manager = await createManager({ mode: 'local' })
  const named = manager.localGroup.createNode('HDF5Recorder', { name: 'manual' })
  expect(named).toBeInstanceOf(Hdf5Recorder)
  await using texts = new OutputStream({ dtype: 'U8', shape: [-1, 1], sampleRate: 10 })
  await texts.configure()
  const recorder = new Hdf5Recorder({ name: 'disk' })
  await expect(recorder.configure({ file: 'session.mat' })).rejects.toThrow(/ends in .h5/)
  await expect(recorder.configure({ file: join(folder.path, 'none', 'x.h5') })).rejects.toThrow(RecorderError)
  await recorder.configure({ file })
  await (recorder.stream('input', 'words') as InputStream).connect(texts)
  await expect(recorder.initialize()).rejects.toThrow(/'words': HDF5 has no type for <U8/)
  await writeFile(file, 'mine')
  await expect(recorder.configure({ file })).rejects.toThrow(/exists already/)
  await recorder.close()
})
