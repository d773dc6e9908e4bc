import { waitFor } from 'testing'
import { expect, onTestFinished, test } from 'vitest'
import { CYTON_AMPLITUDE } from '../../src/simulators/openbci/CytonStream.ts'
import { CytonSimulator, OpenBci, type CytonSimulatorOptions } from '../../src/index.ts'
import { collect } from '../collect.ts'

async function configured(options: object = {}, simulated: CytonSimulatorOptions = {}) {
  const simulator = await CytonSimulator.start(simulated)
  onTestFinished(() => simulator.close())
  const node = new OpenBci({ name: 'cyton' })
  onTestFinished(() => node[Symbol.asyncDispose]())
  await node.configure({ port: simulator.address, timeout: 1, ...options })
  await node.initialize()
  return { simulator, node, chan: node.outputs['chan']!, aux: node.outputs['aux']! }
}

/** By how much the ramp of the last channel goes on from sample to sample. */
function stepsOf(rows: readonly (readonly number[])[]): number[] {
  const ramp = rows.map((row) => Math.round((row.at(-1)! / CYTON_AMPLITUDE) * 500 + 500))
  return ramp.slice(1).map((value, k) => (value - ramp[k]! + 1000) % 1000)
}

test('counts of eight channels at 250 Hz, with the acceleration held between its values', async () => {
  const { node, chan, aux } = await configured()
  expect(chan.info).toMatchObject({ dtype: 'int32', shape: [-1, 8], sampleRate: 250, channelCount: 8 })
  expect(aux.info).toMatchObject({ dtype: 'int32', shape: [-1, 3], sampleRate: 250 })
  const [signals, acceleration] = [await collect(chan), await collect(aux)]
  await node.start()
  await waitFor(() => chan.index >= 300)
  await node.stop()
  const { data, gaps } = await signals.done
  const rows = data.toNested() as number[][]
  expect(gaps).toEqual([])
  expect(stepsOf(rows).every((step) => step === 1)).toBe(true)
  expect(rows[3]![0]).toBe(Math.round(CYTON_AMPLITUDE * Math.sin((2 * Math.PI * 8 * 3) / 250)))
  const held = (await acceleration.done).data.toNested() as number[][]
  expect(held.length).toBe(rows.length)
  expect(held.every((row) => row.join() === '16,-16,8000')).toBe(true)
})
