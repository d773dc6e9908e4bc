import { createManager, getNodeType } from '@nodeacq/core'
import { InputStream } from '@nodeacq/stream'
import { expect, test } from 'vitest'
import type { Remote } from '@nodeacq/rpc'
import { NIDAQmx } from '../../src/index.ts'
import { buildLibrary, canBuild } from './buildLibrary.ts'

test.skipIf(!canBuild)('in a process of their own, both drivers give every sample, under names of pyacq', async () => {
  await using nidaqmx = await buildLibrary('./nidaqmx.c')
  await using cbw = await buildLibrary('./cbw.c')
  await using manager = await createManager()
  const group = await manager.createNodeGroup({ name: 'acquisition' })
  expect(getNodeType('NiDAQmx')).toBe(NIDAQmx)
  const daq = await group.createNode('NiDAQmx', { name: 'daq' })
  const aichannels = ['Dev1/ai0', 'Dev1/ai1']
  await daq.configure({ sample_rate: 10_000, chunksize: 100, aichannels, library: nidaqmx.path })
  const board = await group.createNode('MeasurementComputing', { name: 'board' })
  await board.configure({ board_num: 0, sample_rate: 5000, ai_channel_index: [0, 1], library: cbw.path })
  const values = [(n: number) => (n % 1000) - 500, (n: number) => (((n % 1000) * 64 - 2 ** 15) * 10) / 2 ** 16]
  const nodes = [daq, board].map((node) => ({ node, input: new InputStream({ delivery: 'complete' }) }))
  for (const { node, input } of nodes) {
    await node.initialize()
    await input.connect(node.outputs['aichannels']!)
    input.startRun()
  }
  await manager.startAll()
  expect(await (daq as unknown as Remote<NIDAQmx>).playAo(['Dev1/ao0'], [[1, -1]])).toBe(true)
  const take = async (input: InputStream, valueOf: (n: number) => number): Promise<void> => {
    let count = 0
    for await (const { data, gaps, index } of input.chunks()) {
      expect(gaps).toEqual([])
      expect(data.get(0, 0)).toBeCloseTo(valueOf(count), 3)
      count += data.length
      expect(index).toBe(count)
      if (count > 2500) break
    }
    expect(input.status().lostSamples).toBe(0)
    await input.close()
  }
  await Promise.all(nodes.map(({ input }, k) => take(input, values[k]!)))
  await manager.stopAll()
})
