import { join } from 'node:path'
import { NdArray } from '@nodeacq/ndarray'
import { convertRecording } from '@nodeacq/nodes'
import { tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { runPython } from './python.ts'
import { recordLog } from './recordLog.ts'

test('neo and open-ephys-python-tools read what Open Ephys and SpikeGLX would have recorded', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'session.mcap')
  // 1 to 1.3 s are missing in one stream, the other goes on; 500 and 100 Hz.
  await recordLog(
    file,
    {
      raw: {
        stream: {
          dtype: 'int16',
          shape: [-1, 2],
          sampleRate: 500,
          channelInfo: ['C3', 'µ 2'].map((name) => ({ name, unit: 'mV', gain: 0.5 }))
        },
        chunks: [
          [0, 500],
          [650, 1000]
        ].map(([from, to]) => ({
          data: NdArray.from(
            Array.from({ length: to! - from! }, (_, k) => [from! + k, -(from! + k)]),
            'int16'
          ),
          index: to!
        }))
      },
      slow: {
        stream: { dtype: 'float32', shape: [-1, 1], sampleRate: 100, channelInfo: [{ name: 'T', unit: 'degC' }] },
        chunks: [
          {
            data: NdArray.from(
              Array.from({ length: 200 }, (_, k) => [36 + k / 100]),
              'float32'
            ),
            index: 200
          }
        ]
      }
    },
    [
      { index: 250, label: 'Stimulus/S  7', value: 7 },
      { index: 700, label: 'µ go', duration: 50 }
    ]
  )
  const paths = ['native', 'concatenated', 'filled'].map((name) => join(folder.path, name))
  await convertRecording(file, paths[0]!, { to: 'openephys' })
  await convertRecording(file, paths[1]!, { to: 'openephys', set: { concatenate: 'true' } })
  await convertRecording(file, paths[2]!, { to: 'openephys', gaps: 'fill' })
  const run = join(folder.path, 'run')
  await convertRecording(file, run, { to: 'spikeglx', streams: ['raw'] })

  const lines = (await runPython('read_ephys.py', [...paths, run])).map((line) => JSON.parse(line) as object)
  const [neo, tools, concatenated, filled, spikeglx] = lines
  const raw = { stream: 'Record Node 101#nodeacq-100.raw', rate: 500, names: ['C3', 'µ 2'], units: ['uV'] }
  const slow = { stream: 'Record Node 101#nodeacq-100.slow', rate: 100, names: ['T'], units: ['degC'] }
  const near = (value: number) => expect.closeTo(value, 2) as number
  expect(neo).toMatchObject({
    segments: [
      { segment: 0, ...raw, start: 0, size: 500, first: [0, 0], last: [249_500, -249_500] },
      { segment: 0, ...slow, start: 0, size: 130, first: [near(36)], last: [near(37.29)] },
      { segment: 1, ...raw, start: 1.3, size: 350, first: [325_000, -325_000], last: [499_500, -499_500] },
      { segment: 1, ...slow, start: 1.3, size: 70, first: [near(37.3)], last: [near(37.99)] }
    ],
    events: expect.arrayContaining([
      [0, 'TTL', 0.5, '1', 0.002],
      [0, 'MessageCenter', 0.5, 'Stimulus/S  7', null],
      [1, 'TTL', 1.4, '2', 0.1],
      [1, 'MessageCenter', 1.4, 'µ go', null],
      [1, 'MessageCenter', 1.3, 'lost 150 samples: device', null]
    ]) as unknown
  })
  expect(tools).toMatchObject({
    recordings: [
      {
        streams: [
          { name: 'raw', rate: 500, names: ['C3', 'µ 2'], numbers: [0, 499, 500], rows: 500, times: [0, near(0.998)] },
          { name: 'slow', numbers: [0, 129, 130], rows: 130, first: [near(36)] }
        ],
        events: [
          [1, 250, 1, 'raw'],
          [1, 251, 0, 'raw']
        ],
        messages: [[250, 'Stimulus/S  7']]
      },
      {
        streams: [
          { name: 'raw', numbers: [650, 999, 350], rows: 350, times: [1.3, near(1.998)], first: [325_000, -325_000] },
          { name: 'slow', numbers: [130, 199, 70], rows: 70 }
        ],
        events: [
          [2, 700, 1, 'raw'],
          [2, 750, 0, 'raw']
        ],
        messages: [
          [650, 'lost 150 samples: device'],
          [700, 'µ go']
        ]
      }
    ]
  })
  expect(concatenated).toMatchObject({
    segments: [
      { ...raw, size: 850, last: [499_500, -499_500] },
      { ...slow, size: 200 }
    ]
  })
  expect(filled).toMatchObject({
    segments: [
      { ...raw, size: 1000, last: [499_500, -499_500] },
      { ...slow, size: 200 }
    ]
  })
  const nidq = { stream: 'nidq', rate: 500, names: ['XA0', 'XA1', 'XD0'], units: ['V'] }
  expect(spikeglx).toMatchObject({
    segments: [
      { segment: 0, ...nidq, start: 0, size: 500, first: [0, 0, 0], last: [0.2495, -0.2495, 0] },
      { segment: 1, ...nidq, start: 1.3, size: 350, first: [0.325, -0.325, 0], last: [0.4995, -0.4995, 0] }
    ],
    // neo looks at the word of the first segment only.
    events: expect.arrayContaining([
      [0, 'XD0', 0.5, 'XD0 ON', null],
      [0, 'XD0', 0.502, 'XD0 OFF', null]
    ]) as unknown
  })
})
