import { createManager, type ManagerEvent, type ManagerHandle } from '@nodeacq/core'
import { onLogRecord } from '@nodeacq/rpc'
import type { WireParams } from '@nodeacq/stream'
import { FaultProxy, waitFor } from 'testing'
import { expect, test } from 'vitest'
import '../test/fixtures/nodes.ts'

/** Everything of a kind that happened so far. */
async function eventsOf(manager: ManagerHandle, kind: ManagerEvent['kind']): Promise<ManagerEvent[]> {
  return (await manager.events(0)).events.filter((event) => event.kind === kind)
}

test('an edge whose data does not get through is told once, with its name and for how long, and when it is back', async () => {
  const warnings: string[] = []
  const unlisten = onLogRecord(({ levelno, msg }) => levelno === 30 && warnings.push(msg))
  await using manager = await createManager({ mode: 'local' })
  const source = await manager.createNodeGroup({ name: 'source' })
  const amp = await source.createNode('Counter', { name: 'amp' })
  await amp.configure({ pause: 10 })
  await amp.initialize()
  // The data goes over a network that can be cut; the side channel does not, so the source is known to go on.
  const params = (await amp.output.params) as WireParams
  await using network = await FaultProxy.start({ target: `tcp://127.0.0.1:${String(params['port'])}` })
  const rest = await manager.createNodeGroup({ name: 'rest' })
  for (const [name, port] of Object.entries({ cut: String(network.port), direct: params['port'] })) {
    const adder = await rest.createNode('Adder', { name })
    await adder.configure({})
    await adder.input.connect({ ...params, port }, { delivery: 'bestEffort' })
    await adder.initialize()
  }
  await manager.startAll()
  const edge = async (to: string) => (await manager.status()).edges.find((edge) => edge.to === to)!
  await waitFor(async () => (await edge('cut.signals')).samples > 0)

  network.cut()
  const [stalled] = await waitFor(async () => {
    const events = await eventsOf(manager, 'edgeStalled')
    return events.length > 0 ? events : undefined
  })
  expect(stalled).toMatchObject({ host: 'local', group: 'rest', node: 'cut', from: 'amp.signals', to: 'cut.signals' })
  expect(stalled!.stalledMs).toBeGreaterThanOrEqual(1000)
  expect(stalled!.message).toMatch(/^amp\.signals → cut\.signals is stalled: no data for \d+\.\d s, /)
  expect((await edge('cut.signals')).stalled).toBe(true)
  expect((await edge('direct.signals')).stalled).toBe(false)

  network.heal()
  const [recovered] = await waitFor(async () => {
    const events = await eventsOf(manager, 'edgeRecovered')
    return events.length > 0 ? events : undefined
  })
  expect(recovered).toMatchObject({ from: 'amp.signals', to: 'cut.signals' })
  expect(recovered!.stalledMs).toBeGreaterThan(stalled!.stalledMs!)
  const { samples, lostSamples, stalled: isStalled } = await edge('cut.signals')
  expect([samples > 0, lostSamples > 0, isStalled]).toEqual([true, true, false])
  expect(await eventsOf(manager, 'edgeStalled')).toHaveLength(1)
  expect(warnings.filter((text) => text.includes('stalled'))).toEqual([stalled!.message])
  unlisten()
})

test('a node that takes nothing for long is told, long before its window is full, and costs the others nothing', async () => {
  await using manager = await createManager({ mode: 'local' })
  const group = await manager.createNodeGroup({ name: 'main' })
  const amp = await group.createNode('Counter', { name: 'amp' })
  await amp.configure({ pause: 50 })
  await amp.initialize()
  for (const [name, type] of Object.entries({ napper: 'Napper', disk: 'Adder' })) {
    const node = await group.createNode(type, { name })
    await node.configure({})
    await node.input.connect(amp.output)
    await node.initialize()
  }
  await manager.startAll()
  const told = (kind: ManagerEvent['kind']) =>
    waitFor(async () => {
      const events = await eventsOf(manager, kind)
      return events.length > 0 ? events : undefined
    })
  const [stalled] = await told('edgeStalled')
  expect(stalled).toMatchObject({ node: 'napper', from: 'amp.signals', to: 'napper.signals' })
  const { nodes } = await manager.status()
  const [output] = nodes.find(({ name }) => name === 'amp')!.outputs
  expect(output!.consumers.map(({ node, stalled }) => [node, stalled])).toEqual([
    ['napper', true],
    ['disk', false]
  ])
  expect(output!.consumers[0]!.inFlight).toBeLessThan(200)
  await told('edgeRecovered')
  await manager.stopAll()
  const { edges } = await manager.status()
  expect(edges.map(({ to, lostSamples, stalled }) => [to, lostSamples, stalled])).toEqual([
    ['napper.signals', 0, false],
    ['disk.signals', 0, false]
  ])
  expect(await eventsOf(manager, 'edgeStalled')).toHaveLength(1)
})
