import { createManager, startHost } from '@nodeacq/core'
import { MACHINE, monotonicNow } from '@nodeacq/stream'
import { FaultProxy, startProcess, waitFor } from 'testing'
import { expect, test } from 'vitest'
import './fixtures/nodes.ts'

for (const [up, down] of [
  [0, 0],
  [25, 3]
] as const) {
  test(`the manager knows the clock of another machine, ${up} ms there and ${down} back`, async () => {
    const machine = { name: 'another', ahead: -3e7, drift: -60e-6 }
    await using host = await startProcess(new URL('./fixtures/otherHost.ts', import.meta.url), [
      JSON.stringify(machine)
    ])
    await using network = await FaultProxy.start({
      target: await host.line('tcp://'),
      up: { delay: up },
      down: { delay: down }
    })
    await using manager = await createManager({ mode: 'local' })
    await manager.addHost(network.address, { name: 'far' })
    const clock = await waitFor(async () => {
      const { hosts } = await manager.status()
      return hosts.find(({ name }) => name === 'far')?.clock ?? undefined
    })
    const truth = machine.ahead + monotonicNow() * machine.drift
    expect(clock.machine).toBe('another')
    expect(Math.abs(clock.offset - truth)).toBeLessThanOrEqual(clock.uncertainty + 0.01)
    expect(clock.uncertainty).toBeGreaterThanOrEqual((up + down) / 2)
    expect(Math.abs(clock.drift + 60)).toBeLessThanOrEqual(clock.driftUncertainty)
    host.input.end()
    await host.exited
  })
}

test('a host on our own machine has our clock', async () => {
  await using host = await startHost({ name: 'near' })
  await using manager = await createManager({ mode: 'local' })
  await manager.addHost(host.address, { name: 'near' })
  const clock = await waitFor(async () => (await manager.status()).hosts[0]?.clock ?? undefined)
  expect(clock).toEqual({ machine: MACHINE, offset: 0, uncertainty: 0, drift: 0, driftUncertainty: 0 })
})

test('the times of samples can be asked for over calls, and are in the status of node and edge', async () => {
  await using manager = await createManager({ mode: 'local' })
  const groups = [await manager.createNodeGroup({ name: 'a' }), await manager.createNodeGroup({ name: 'b' })] as const
  const before = monotonicNow()
  const amp = await groups[0].createNode('Counter', { name: 'amp' })
  await amp.configure({ pause: 10 })
  await amp.initialize()
  const adder = await groups[1].createNode('Adder', { name: 'adder' })
  await adder.configure({})
  await adder.input.connect(amp.output)
  await adder.initialize()
  await manager.startAll()
  const found = await waitFor(async () => (await adder.input.clock.timeOf(20)) ?? undefined)
  expect(found.time + found.uncertainty).toBeGreaterThan(before)
  expect(found.time - found.uncertainty).toBeLessThan(monotonicNow())
  const { nodes } = await manager.status()
  const rates = nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]).map(({ measuredRate }) => measuredRate)
  expect(rates).toHaveLength(2)
  // 10 samples each 10 ms and what a timer adds.
  for (const rate of rates) expect(rate!.hz - rate!.uncertainty).toBeLessThan(1010)
})
