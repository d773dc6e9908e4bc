import { join } from 'node:path'
import { NdArray } from '@nodeacq/ndarray'
import { convertRecording, Recorder } from '@nodeacq/nodes'
import { makeEvents, OutputStream, type InputStream } from '@nodeacq/stream'
import { tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { runPython } from './python.ts'

test('mcap, pyEDFlib and MNE read a recording and what it was converted to', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'session.mcap')
  const channelInfo = ['C3', 'C4', 'Pz'].map((name) => ({ name, unit: 'uV', gain: 0.5 }))
  await using raw = new OutputStream({ dtype: 'int16', shape: [-1, 3], sampleRate: 500, channelInfo })
  await using marks = new OutputStream({
    streamType: 'event',
    dtype: makeEvents([]).dtype,
    shape: [-1],
    eventsOf: 'raw'
  })
  const recorder = new Recorder({ name: 'disk' })
  await recorder.configure({ file, certificate: false })
  for (const [name, output] of Object.entries({ raw, marks })) {
    await output.configure({ protocol: 'inproc' })
    await (recorder.stream('input', name) as InputStream).connect(output)
  }
  await recorder.initialize()
  raw.startRun()
  marks.startRun()
  await recorder.start()
  const send = async (from: number, to: number): Promise<void> => {
    const rows = Array.from({ length: to - from }, (_, k) => [from + k, -(from + k), (from + k) % 7])
    await raw.send(NdArray.from(rows, 'int16'), to)
  }
  for (let from = 0; from < 600; from += 50) await send(from, from + 50)
  await marks.send(makeEvents([{ index: 250, label: 'Stimulus/S  7', value: 7 }]))
  for (let from = 650; from < 1000; from += 50) await send(from, from + 50)
  await raw.endRun()
  await marks.endRun()
  expect(await recorder.finished()).toBeUndefined()
  await recorder.close()
  const targets = { edf: 'session.edf', bdf: 'session.bdf', brainvision: 'session.vhdr' }
  const paths = Object.entries(targets).map(([to, name]) => ({ to, path: join(folder.path, name) }))
  for (const { to, path } of paths)
    await convertRecording(file, path, { to, ...(to === 'brainvision' && { gaps: 'native' }) })

  const lines = await runPython('read_recording.py', [file, ...paths.map(({ path }) => path)])
  const [log, streamed, edf, mneEdf, bdf, mneBdf, vision] = lines.map((line) => JSON.parse(line) as object)
  expect(log).toMatchObject({
    counts: { '/raw/samples': 19, '/marks/events': 1, '/nodeacq/gaps': 1, '/nodeacq/close': 1 },
    gaps: [{ stream: '/raw/samples', from: 600, to: 650, cause: 'device' }],
    first: 0,
    last: 999,
    rows: 950,
    right: true
  })
  expect(streamed).toEqual({ streamed: (log as { messages: number }).messages })
  const annotations = [
    [0.5, 'Stimulus/S  7'],
    [1.2, 'BAD_gap'],
    [1.2, 'lost 50 samples: device']
  ]
  const samples = {
    head: [
      [1, -1, 1],
      [599, -599, 599 % 7]
    ],
    tail: [
      [650, -650, 650 % 7],
      [999, -999, 999 % 7]
    ]
  }
  expect(edf).toMatchObject({ labels: ['C3', 'C4', 'Pz'], rate: 500, unit: 'uV', gain: 0.5, ...samples, annotations })
  expect(bdf).toMatchObject({ labels: ['C3', 'C4', 'Pz'], rate: 500, unit: 'uV', ...samples, annotations })
  expect(mneEdf).toMatchObject({ samples: 1000, left_out: 50, volts: expect.closeTo(50e-6, 12) })
  expect(mneBdf).toMatchObject({ samples: 1000, left_out: 50, volts: expect.closeTo(50e-6, 10) })
  expect(vision).toMatchObject({
    brainvision: 950,
    rate: 500,
    volts: expect.closeTo(50e-6, 12),
    annotations: expect.arrayContaining([[0.5, 'Stimulus/S  7']])
  })
}, 60_000)
