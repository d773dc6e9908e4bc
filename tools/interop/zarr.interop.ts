import { join } from 'node:path'
import { convertRecording } from '@nodeacq/nodes'
import { tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { runPython } from './python.ts'
import { recordTestSession } from './recordTestSession.ts'

test.each([0, 4])(
  'zarr-python reads a recording that was converted to Zarr, compression %i, and sees a flipped bit',
  async (compression) => {
    await using folder = await tempFolder()
    const file = await recordTestSession(folder.path)
    const path = join(folder.path, 'session.zarr')
    await convertRecording(file, path, { to: 'zarr', set: { compression } })
    const [line, verdict] = await runPython('read_zarr.py', [path])
    expect(JSON.parse(line!)).toMatchObject({
      layout: 1,
      streams: {
        raw: {
          dtype: 'int16',
          shape: [950, 3],
          dimensions: ['time', 'channel'],
          right: true,
          segments: [
            [0, 0, 600],
            [600, 650, 350]
          ],
          gaps: [[600, 650, 'device']],
          events: [[250, 50, 7, 'Stimulus/S  7']],
          channels: ['C3', 'C4', 'Pz']
        },
        slow: { dtype: 'float32', shape: [200, 1], gaps: [], events: [] }
      }
    })
    expect(JSON.parse(verdict!)).toBe('ValueError')
  },
  60_000
)
