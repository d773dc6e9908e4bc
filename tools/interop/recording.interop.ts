import { join } from 'node:path'
import { convertRecording } from '@nodeacq/nodes'
import { tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { runPython } from './python.ts'
import { recordSession } from './recordSession.ts'

test('mcap, pyEDFlib and MNE read a recording and what it was converted to', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'session.mcap')
  await recordSession(file, {
    channels: ['C3', 'C4', 'Pz'],
    sampleOf: (index) => [index, -index, index % 7],
    // Without [600, 650).
    pieces: Array.from({ length: 20 }, (_, k) => [k * 50, k * 50 + 50] as const).filter(([from]) => from !== 600)
  })
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
