import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder, waitFor } from 'testing'
import { expect, test } from 'vitest'
import { EmotivCortex } from '../../../src/index.ts'
import { collect } from '../../collect.ts'
import { CREDENTIALS, startSimulator } from '../startCortex.ts'

test('the node brings the EEG of the older Cortex, which has no counter, with what was lost as gaps', async () => {
  await using simulator = await startSimulator({ dialect: 'v1' })
  await using folder = await tempFolder()
  const credentials = join(folder.path, 'cortex.json')
  await writeFile(credentials, JSON.stringify(CREDENTIALS))
  await using node = new EmotivCortex({ name: 'headset' })
  await node.configure({ url: simulator.address, credentials, dialect: 'v1', streams: ['eeg', 'met', 'com'] })
  await node.initialize()
  const output = node.outputs['eeg']!
  const sensors = ['AF3', 'T7', 'Pz', 'T8', 'AF4']
  expect(output.info.channelInfo).toEqual(sensors.map((name) => ({ name, unit: 'uV' })))
  expect(output.info.sampleRate).toBe(128)
  const { done } = await collect(output)
  await node.start()
  await waitFor(() => output.index > 50)
  simulator.inject({ kind: 'lose', value: '1', at: 0 })
  await waitFor(() => output.index > 100)
  simulator.inject({ kind: 'duplicate', value: '2', at: 0 })
  simulator.inject({ kind: 'lose', value: '7', at: 0 })
  await waitFor(() => output.index > 200)
  await node.stop()
  const { data, gaps } = await done
  expect(gaps.map(({ from, to }) => to - from)).toEqual([1, 7])
  expect(data.length + 8).toBe(output.index)
  expect(node.status().counters).toMatchObject({ duplicates: 2 })
})
