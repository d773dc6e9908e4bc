import {
  createManager,
  GroupError,
  HostError,
  type Manager,
  NameTakenError,
  startHost,
  type ManagerEvent,
  type ManagerHandle
} from '@nodeacq/core'
import { addressOf, getItem, isRemote, onLogRecord, RpcClient, setItem, type LogRecord } from '@nodeacq/rpc'
import { startProcess, waitFor } from 'testing'
import { expect, test } from 'vitest'
import { Adder, Counter } from './fixtures/nodes.ts'

/** A figure for whoever reads the run; nothing is asserted about it. */
function print(figure: string): void {
  process.stdout.write(`${figure}\n`)
}

/** Whether a process is there and no zombie that nobody has waited for. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The first event of a kind. */
async function eventOf(manager: ManagerHandle | Manager, kind: ManagerEvent['kind']): Promise<ManagerEvent> {
  return waitFor(async () => (await manager.events(0)).events.find((event) => event.kind === kind), { what: kind })
}

async function pids(manager: ManagerHandle): Promise<number[]> {
  return (await manager.status()).groups.map((group) => group.pid!).filter((pid) => pid !== process.pid)
}

for (const mode of ['rpc', 'local'] as const) {
  test(`a manager (${mode}) runs a graph over two groups and this process, and leaves nothing behind`, async () => {
    const manager = await createManager({ mode })
    const acquisition = await manager.createNodeGroup({ name: 'acquisition' })
    const analysis = await manager.createNodeGroup({ name: 'analysis' })
    const counter = await acquisition.createNode('Counter', { name: 'amp' })
    await counter.configure({ chunks: 50, pause: 0 })
    await counter.initialize()
    const resizer = await analysis.createNode('ChunkResizer', { name: 'resizer' })
    await resizer.configure({ chunkSize: 100 })
    await resizer.input.connect(counter.output, { delivery: 'complete' })
    await resizer.initialize()
    const adder = new Adder({ name: 'adder' })
    await adder.configure({})
    await adder.input.connect(resizer.output)
    await adder.initialize()
    manager.localGroup.addNode(adder)

    await manager.startAll()
    await adder.finished()
    expect([adder.samples, adder.sum, adder.chunkSizes]).toEqual([500, (500 * 499) / 2, [100, 100, 100, 100, 100]])

    const status = await manager.status()
    expect(status.groups.map((group) => [group.name, group.state])).toEqual([
      ['script', 'running'],
      ['acquisition', 'running'],
      ['analysis', 'running']
    ])
    expect(status.edges.map(({ from, to, samples, lostSamples }) => ({ from, to, samples, lostSamples }))).toEqual([
      { from: 'resizer.out', to: 'adder.signals', samples: 500, lostSamples: 0 },
      { from: 'amp.signals', to: 'resizer.in', samples: 500, lostSamples: 0 }
    ])
    await manager.stopAll()
    const processes = await pids(manager)
    expect(processes).toHaveLength(2)
    await manager.close()
    await manager.close()
    await waitFor(() => !processes.some(lives), { what: 'every process to end' })
  })
}

test('the death of a group is known at once, with signal and last lines; the others go on', async () => {
  await using manager = await createManager({ mode: 'local' })
  const doomed = await manager.createNodeGroup({ name: 'doomed' })
  const other = await manager.createNodeGroup({ name: 'other' })
  await (await doomed.createNode('Counter', { name: 'amp' })).configure({})
  const pid = (await doomed.status()).pid
  const waiting = manager.events(0, { timeout: 10_000 })
  const killedAt = performance.now()
  process.kill(pid, 'SIGKILL')
  await waiting
  const event = await eventOf(manager, 'groupDied')
  print(`death of a group known after ${(performance.now() - killedAt).toFixed(1)} ms`)
  expect(event).toMatchObject({ group: 'doomed', host: 'local', exit: { code: null, signal: 'SIGKILL' } })
  const status = await manager.status()
  expect(status.groups.find((group) => group.name === 'doomed')).toMatchObject({ state: 'dead', pid: null })
  expect(await other.anyNodeRunning()).toBe(false)
  // Its name is free again.
  await manager.createNodeGroup({ name: 'doomed' })
})

test('live parameters that another process changes are told as an event', async () => {
  await using manager = await createManager()
  const node = await manager.createNode('Counter', { name: 'amp' })
  await node.setParams({ gain: 3 })
  await expect(node.setParams({ gain: -3 })).rejects.toThrow('gain')
  await node.setParams({ group: { x: 5 } })
  const changes = () => manager.events(0).then(({ events }) => events.filter(({ kind }) => kind === 'paramsChanged'))
  const [first, second] = await waitFor(async () => ((await changes()).length === 2 ? changes() : undefined))
  expect(first).toMatchObject({ node: 'amp', params: { gain: 3, group: { x: 0 } } })
  expect(second).toMatchObject({ node: 'amp', params: { gain: 3, group: { x: 5 } } })
})

test('live parameters are items too, as Python writes node.params[…] = …', async () => {
  await using manager = await createManager()
  const node = await manager.createNode('Counter', { name: 'amp' })
  await setItem(node.params, 'gain', 4)
  await setItem(node.params, ['group', 'x'], 7)
  expect(await node.params).toEqual({ gain: 4, group: { x: 7 } })
  expect(await getItem(node.params, 'gain')).toBe(4)
  expect(await getItem(node.params, ['group', 'x'])).toBe(7)
  await expect(setItem(node.params, 'gain', -1)).rejects.toThrow('gain')
  await expect(setItem(node.params, 'gian', 1)).rejects.toThrow("did you mean 'gain'?")
  for (const key of ['setItem', 'constructor', ['group', 'toString']]) {
    await expect(getItem(node.params, key)).rejects.toThrow('KeyError')
  }
  expect(await node.params).toEqual({ gain: 4, group: { x: 7 } })
})

test('a node that fails in another process is reported with its message', async () => {
  await using manager = await createManager()
  const node = await manager.createNode('Failing', { name: 'device' })
  await node.configure({ after: 5 })
  await node.initialize()
  await node.start()
  expect(await eventOf(manager, 'nodeFailed')).toMatchObject({ node: 'device', message: 'Error: the cable was pulled' })
  const { nodes } = await manager.status()
  expect(nodes).toMatchObject([{ name: 'device', state: 'failed', error: { message: 'the cable was pulled' } }])
})

test('a group that is busy is unresponsive, not dead', async () => {
  await using manager = await createManager({ mode: 'local' })
  const group = await manager.createNodeGroup({ name: 'busy' })
  const { pid } = await group.status()
  process.kill(pid, 'SIGSTOP')
  try {
    expect((await manager.status()).groups).toMatchObject([{ name: 'script' }, { name: 'busy', state: 'unresponsive' }])
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await waitFor(async () => (await manager.status()).groups[1]?.state === 'running')
})

test('what cannot be is refused with the name of it', async () => {
  await using manager = await createManager({ mode: 'local' })
  const group = await manager.createNodeGroup({ name: 'g' })
  await expect(manager.createNodeGroup({ name: 'g' })).rejects.toThrow(NameTakenError)
  await expect(group.createNode('Countr')).rejects.toThrow("did you mean 'Counter'?")
  await group.createNode('Counter', { name: 'a' })
  await expect(group.createNode('Counter', { name: 'a' })).rejects.toThrow("has a node 'a' already")
  await expect(group.getNode('b')).rejects.toThrow("has no node 'b'")
  await expect(manager.createNodeGroup({ host: 'nowhere' })).rejects.toThrow("knows no host 'nowhere'")
  await expect(manager.addHost('tcp://127.0.0.1:1', { timeout: 300 })).rejects.toThrow(HostError)
  await expect(group.registerNodeTypeFromModule('/etc/passwd', 'X')).rejects.toThrow('No module named')
  await expect(createManager({ mode: 'qt' as never })).rejects.toThrow("must be 'rpc' or 'local'")
  expect(GroupError.name).toBe('GroupError')
})

test('two machines: groups, streams, logs and deaths over a host server', async () => {
  // Another loopback address stands for the other machine; it shares no directory, file or parent with the manager.
  await using hostServer = await startHost({ address: 'tcp://127.0.0.2:*' })
  await using manager = await createManager({ mode: 'local' })
  const lab = await manager.addHost(hostServer.address, { name: 'lab' })
  expect(await manager.addHost(hostServer.address)).toBe(lab)
  const group = await manager.createNodeGroup({ name: 'acquisition', host: lab })
  expect(isRemote(group)).toBe(true)
  const counter = await group.createNode('Counter', { name: 'amp' })
  await counter.configure({ chunks: 20, pause: 0 })
  await counter.initialize()
  expect((await counter.output.info).interface).toBe('127.0.0.2')

  const adder = new Adder({ name: 'adder' })
  await adder.configure({})
  await adder.input.connect(counter.output)
  await adder.initialize()
  manager.localGroup.addNode(adder)
  await manager.startAll()
  await adder.finished()
  expect(adder.samples).toBe(200)

  const { pid } = await group.status()
  process.kill(pid, 'SIGKILL')
  expect(await eventOf(manager, 'groupDied')).toMatchObject({ host: 'lab', exit: { signal: 'SIGKILL' } })
})

test('log records of another machine come back on the connection that the manager opened', async () => {
  await using hostServer = await startProcess(new URL('./fixtures/hostProgram.ts', import.meta.url), [
    'tcp://127.0.0.2:*'
  ])
  await using manager = await createManager({ mode: 'local' })
  const records: LogRecord[] = []
  const stop = onLogRecord((record) => records.push(record))
  const host = await manager.addHost(await hostServer.line('tcp://'), { name: 'lab' })
  const group = await manager.createNodeGroup({ name: 'acquisition', host })
  const node = await group.createNode('Failing', { name: 'device' })
  await node.configure({ after: 1 })
  await node.initialize()
  await node.start()
  const record = await waitFor(() => records.find((one) => one.msg.includes('the cable was pulled')))
  expect(record).toMatchObject({ process_name: 'acquisition', levelname: 'ERROR', name: 'nodeacq.Failing.device' })
  stop()
})

test('a host that vanishes is reported, and its groups with it', async () => {
  const hostServer = await startHost({ address: 'tcp://127.0.0.2:*' })
  await using manager = await createManager({ mode: 'local' })
  await manager.addHost(hostServer.address, { name: 'lab' })
  await manager.createNodeGroup({ name: 'acquisition', host: 'lab' })
  await hostServer.close()
  expect(await eventOf(manager, 'hostLost')).toMatchObject({ host: 'lab' })
  const status = await manager.status()
  expect(status.hosts).toMatchObject([{ name: 'lab', state: 'lost' }])
  expect(['dead', 'closed']).toContain(status.groups.find((group) => group.name === 'acquisition')?.state)
  await expect(manager.createNodeGroup({ host: 'lab' })).rejects.toThrow(HostError)
})

test('createNode finds or makes the group it belongs to', async () => {
  await using manager = await createManager({ mode: 'local' })
  await manager.createNode('Counter', { name: 'a' })
  await manager.createNode('Counter', { name: 'b' })
  const group = await manager.createNodeGroup({ name: 'mine' })
  await manager.createNode('Counter', { name: 'c', host: group })
  await manager.createNode('Counter', { name: 'd', host: 'mine' })
  const { nodes } = await manager.status()
  expect(nodes.map((node) => [node.name, node.group])).toEqual([
    ['a', 'default'],
    ['b', 'default'],
    ['c', 'mine'],
    ['d', 'mine']
  ])
  expect(new Counter({ name: 'x' }).type).toBe('Counter')
})

test('a group that was stopped for longer than its connection lasts is regained', async () => {
  await using manager = await createManager({ mode: 'local' })
  const group = await manager.createNodeGroup({ name: 'sleeper' })
  await group.createNode('Counter', { name: 'amp' })
  const { pid } = await group.status()
  const lost = new Promise<void>((resolve) => {
    void RpcClient.get(addressOf(group)).then((client) => client.onDisconnect(() => resolve()))
  })
  process.kill(pid, 'SIGSTOP')
  await lost
  process.kill(pid, 'SIGCONT')
  const status = await waitFor(async () => {
    const now = await manager.status()
    return now.groups[1]?.state === 'running' ? now : undefined
  })
  expect(status.nodes).toMatchObject([{ name: 'amp', group: 'sleeper' }])
})
