import { join } from 'node:path'
import { convertRecording } from '@nodeacq/nodes'
import { tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { runPython } from './python.ts'
import { recordTestSession } from './recordTestSession.ts'

test('h5py reads a recording that was converted to HDF5', async () => {
  await using folder = await tempFolder()
  const file = await recordTestSession(folder.path)
  const path = join(folder.path, 'session.h5')
  await convertRecording(file, path, { to: 'hdf5', set: { compression: 4 } })
  const [line] = await runPython('read_hdf5.py', [path])
  expect(JSON.parse(line!)).toMatchObject({
    layout: 1,
    streams: {
      raw: {
        dtype: 'int16',
        stored: 'int16',
        rate: 500,
        rows: 950,
        kept: 950,
        right: true,
        segments: [
          [0, 0, 600],
          [600, 650, 350]
        ],
        channels: ['C3', 'C4', 'Pz'],
        gains: [0.5, 0.5, 0.5],
        gaps: [[600, 650, 'device']],
        events: [[250, 50, 7, 'Stimulus/S  7']]
      },
      slow: { dtype: 'float32', rows: 200, gaps: [], head: [[36]] }
    }
  })
}, 60_000)
