import { createManager, type ManagerEvent } from '@nodeacq/core'
import { onLogRecord } from '@nodeacq/rpc'
import { fileURLToPath } from 'node:url'
import { networkCable, startCommand, waitFor } from 'testing'
import { expect, test } from 'vitest'
import { Adder } from '../test/fixtures/nodes.ts'

const HOST_PROGRAM = fileURLToPath(new URL('../test/fixtures/hostProgram.ts', import.meta.url))

test(
  'a cable that is pulled stalls the edge, with an alarm; plugged in again, nothing is missing',
  { timeout: 60_000 },
  async (context) => {
    const cable = await networkCable()
    if (typeof cable === 'string') {
      context.skip(cable)
      return
    }
    await using _removed = cable
    const [command, ...args] = [...cable.thereCommand, process.execPath, '--conditions=nodeacq-source', HOST_PROGRAM]
    await using host = await startCommand(command!, [...args, `tcp://${cable.there}:*`, '--insecure'])
    await using manager = await createManager({ mode: 'local' })
    const warnings: string[] = []
    const stop = onLogRecord(({ levelno, msg }) => levelno === 30 && warnings.push(msg))
    const lab = await manager.addHost(await host.line('tcp://'), { name: 'lab' })
    const group = await manager.createNodeGroup({ name: 'acquisition', host: lab })
    const amp = await group.createNode('Counter', { name: 'amp' })
    await amp.configure({ pause: 5 })
    await amp.output.configure({ lease: 1500, retention: { seconds: 60 } })
    await amp.initialize()
    const adder = new Adder({ name: 'adder' })
    await adder.configure({})
    await adder.input.connect(amp.output)
    await adder.initialize()
    manager.localGroup.addNode(adder)
    await manager.startAll()
    await waitFor(() => adder.samples > 500)

    await cable.pull()
    const told = (kind: ManagerEvent['kind']) =>
      waitFor(async () => (await manager.events(0)).events.find((event) => event.kind === kind), {
        timeout: 20_000,
        what: kind
      })
    expect(await told('edgeStalled')).toMatchObject({ node: 'adder', from: 'amp.signals', to: 'adder.signals' })
    const before = adder.samples
    expect((await manager.status()).edges).toMatchObject([{ to: 'adder.signals', stalled: true, lostSamples: 0 }])
    await cable.plug()
    await told('edgeRecovered')
    expect(adder.samples).toBeGreaterThan(before)

    await manager.stopAll()
    const sent = (await amp.status()).outputs[0]!.samples
    const account = adder.input.ledger.snapshot()
    expect(account).toMatchObject({ joinedAt: 0, received: sent, next: sent, lost: 0, gapCount: 0 })
    expect([adder.samples, adder.sum]).toEqual([sent, (sent * (sent - 1)) / 2])
    expect(warnings.filter((text) => text.includes('is stalled'))).toHaveLength(1)
    stop()
  }
)
