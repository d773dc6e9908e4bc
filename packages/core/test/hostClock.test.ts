import { createManager, startHost } from '@nodeacq/core'
import { MACHINE, monotonicNow } from '@nodeacq/stream'
import { FaultProxy, startProcess, waitFor } from 'testing'
import { expect, test } from 'vitest'

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
