import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { LslInlet, LslSimulator } from '../../src/index.ts'
import { checkRamp } from '../checkRamp.ts'
import { collect } from '../collect.ts'
import { inject } from '../inject.ts'
import { isolated } from './isolated.ts'

test('whatever goes wrong at an outlet, the ramp goes on with gaps of the right size', async () => {
  const settings = await isolated()
  await using simulator = await LslSimulator.start({ settings, sampleRate: 200, channels: 3 })
  await using node = new LslInlet({ name: 'amp' })
  await node.configure({ network: settings, timeout: 10 })
  await node.initialize()
  const output = node.outputs['signals']!
  const counter = (name: string): number => node.status().counters[name]!
  const { done } = await collect(output)
  await node.start()
  const more = async (samples: number): Promise<void> => {
    const from = output.status().samples
    await waitFor(() => output.status().samples >= from + samples, {
      what: () => `samples after ${from}`,
      timeout: 20_000
    })
  }
  await more(60)
  inject(simulator, 'lose=7')
  await waitFor(() => counter('gaps') === 1)
  inject(simulator, 'silence=0.3')
  await waitFor(() => counter('gaps') === 2)
  inject(simulator, 'setClock=50')
  await waitFor(() => counter('stampJumps') === 1)
  inject(simulator, 'cut=0.2')
  inject(simulator, 'delay=60')
  await more(40)
  inject(simulator, 'delay=0')
  await more(20)
  inject(simulator, 'drop')
  await waitFor(() => counter('reconnects') === 1)
  await more(20)
  inject(simulator, 'restart=0.1')
  await waitFor(() => counter('reconnects') === 2)
  await more(20)
  const gaps = counter('gaps')
  inject(simulator, 'halfOpen=1.3')
  await waitFor(() => counter('gaps') > gaps)
  await more(20)
  await node.stop()
  const differences = checkRamp(await done, 1)
  expect(differences).toEqual(differences.map(() => 0))
  expect(counter('gaps')).toBe(differences.length)
})

test('bytes between samples end a connection, and another begins', async () => {
  const settings = await isolated()
  await using simulator = await LslSimulator.start({ settings, sampleRate: 500, channels: 64 })
  await using node = new LslInlet({ name: 'amp' })
  await node.configure({ network: settings, timeout: 10 })
  await node.initialize()
  await node.start()
  const output = node.outputs['signals']!
  for (const [k, fault] of ['garbage=20', 'truncate'].entries()) {
    await waitFor(() => simulator.clientCount === 1)
    const before = output.status().samples
    await waitFor(() => output.status().samples > before)
    inject(simulator, fault)
    await waitFor(() => node.status().counters['reconnects'] === k + 1)
  }
  const { samples } = output.status()
  await waitFor(() => output.status().samples > samples)
  expect(node.state).toBe('running')
  await node.stop()
})
