import { NdArray } from '@nodeacq/ndarray'
import { OutputStream } from '@nodeacq/stream'
import { expect, test, vi } from 'vitest'
import { StreamMonitor } from '../src/index.ts'

test('counts, ranges and names; gaps are told apart', async () => {
  await using source = new OutputStream({
    dtype: 'float32',
    shape: [-1, 2],
    sampleRate: 100,
    channelInfo: [{ name: 'a' }, { name: 'b' }]
  })
  await source.configure()
  await using monitor = new StreamMonitor({ name: 'monitor' })
  await monitor.configure()
  await monitor.input.connect(source, { delivery: 'complete' })
  await monitor.initialize()
  expect(monitor.report()).toMatchObject({ chunks: 0, sampleRate: 100, channels: [] })
  source.startRun()
  await monitor.start()
  await source.send(
    NdArray.from(
      [
        [1, NaN],
        [-3, 5]
      ],
      'float32'
    ),
    2
  )
  source.skip({ from: 2, to: 7, cause: 'device' })
  await source.send(NdArray.from([[2, 4]], 'float32'), 8)
  await source.endRun()
  await monitor.finished()
  expect(monitor.report()).toMatchObject({
    index: 8,
    chunks: 2,
    samples: 3,
    lostSamples: 0,
    missingSamples: 5,
    dtype: 'float32',
    shape: [1, 2],
    channels: [
      { name: 'a', min: -3, max: 2 },
      { name: 'b', min: 4, max: 5 }
    ]
  })
})

test('prints a line for each chunk', async () => {
  const lines: string[] = []
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => lines.push(String(text)) > 0)
  try {
    await using source = new OutputStream({ dtype: 'float32', shape: [-1, 1] })
    await source.configure()
    await using monitor = new StreamMonitor({ name: 'printer' })
    await monitor.configure({ print: true })
    await monitor.input.connect(source, { delivery: 'complete' })
    await monitor.initialize()
    source.startRun()
    await monitor.start()
    await source.send(NdArray.zeros([100, 1], 'float32'))
    await source.endRun()
    await monitor.finished()
  } finally {
    spy.mockRestore()
  }
  expect(lines).toEqual(['Data received: 100 (100, 1) float32\n'])
})

test('streams without channels are counted too', async () => {
  await using source = new OutputStream({
    dtype: [
      ['index', 'int64'],
      ['label', 'S4']
    ],
    shape: [-1],
    streamType: 'event'
  })
  await source.configure()
  await using monitor = new StreamMonitor({ name: 'events' })
  await monitor.configure()
  await monitor.input.connect(source, { delivery: 'complete' })
  await monitor.initialize()
  source.startRun()
  await monitor.start()
  await source.send(NdArray.from([{ index: 5, label: 'a' }], source.info.dtype))
  await source.endRun()
  await monitor.finished()
  expect(monitor.report()).toMatchObject({ samples: 1, channels: [], shape: [1] })
})
