import { RpcClient, type Remote } from '@nodeacq/rpc'
import * as zmq from 'zeromq'
import { BenchChild } from './child.ts'
import { measurePyacqRpc } from './pyacq.ts'
import { inTurns } from './rounds.ts'
import { row, type Row } from './rows.ts'
import type { BenchContext, Measured, Suite } from './suite.ts'

interface Demo {
  '~proxied': true
  add(x: number, y: number): number
}

export const rpcSuite: Suite = {
  name: 'rpc',
  parts: [
    {
      name: 'calls',
      title: 'Calls from process to process',
      about:
        'A client calls `add(i, 1)` of an object in another process over tcp and checks every answer: one call after the other, and with 100 on their way. Beside it: bare zeromq.js frames of the same sizes without any meaning, and a client and a server of the real pyacq.',
      seconds: { full: 20, quick: 5 },
      run: measureCalls
    }
  ]
}

async function measureCalls({ quick, step }: BenchContext): Promise<Measured> {
  await using server = new BenchChild(new URL('./rpcServer.ts', import.meta.url))
  const { address, bare } = await server.next<{ address: string; bare: string }>()
  const client = await RpcClient.connect(address)
  const demo = await client.get<Remote<Demo>>('demo')
  const dealer = new zmq.Dealer({ linger: 0 })
  dealer.connect(bare)

  const count = quick ? 500 : 3000
  const depth = 100
  const oneByOne = (target: Remote<Demo>) => () =>
    perSecond(count, async () => {
      for (let i = 0; i < count; i++) if ((await target.add(i, 1)) !== i + 1) throw new Error('wrong answer')
    })
  const pipelined = (target: Remote<Demo>) => () =>
    perSecond(count * 5, () =>
      window(count * 5, depth, async (i) => {
        if ((await target.add(i, 1)) !== i + 1) throw new Error('wrong answer')
      })
    )
  step('one by one')
  const single = await inTurns({
    ours: oneByOne(demo),
    bare: () => bareOneByOne(dealer, count)
  })
  step(`${depth} on their way`)
  const many = await inTurns({
    ours: pipelined(demo),
    bare: () => barePipelined(dealer, count * 5, depth)
  })
  dealer.close()
  await client.close()
  step('pyacq')
  const pyacq = await measurePyacqRpc(count, depth)
  const rows: Row[] = []
  const cases = [
    { name: 'one by one', figures: single, pyacq: pyacq?.single },
    { name: `${depth} on their way`, figures: many, pyacq: pyacq?.many }
  ]
  for (const { name, figures, pyacq: other } of cases) {
    const base = {
      suite: 'rpc',
      case: name,
      metric: 'calls',
      unit: '1/s',
      value: figures.ours,
      better: 'more'
    } as const
    rows.push(row({ ...base, peer: 'bare zeromq.js', peerValue: figures.bare }))
    if (other !== undefined) rows.push(row({ ...base, peer: 'pyacq', peerValue: other }))
  }
  return { rows }
}

const REQUEST = ['0', 'call_obj', 'auto', 'msgpack', Buffer.alloc(180)]

async function bareOneByOne(dealer: zmq.Dealer, count: number): Promise<number> {
  return perSecond(count, async () => {
    for (let i = 0; i < count; i++) {
      await dealer.send(REQUEST)
      await dealer.receive()
    }
  })
}

async function barePipelined(dealer: zmq.Dealer, count: number, depth: number): Promise<number> {
  return perSecond(count, async () => {
    let sent = 0
    for (; sent < depth; sent++) await dealer.send(REQUEST)
    for (let received = 0; received < count; received++) {
      await dealer.receive()
      if (sent < count) {
        sent++
        await dealer.send(REQUEST)
      }
    }
  })
}

/** Runs `count` calls with at most `depth` of them on their way. */
async function window(count: number, depth: number, call: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < count) await call(next++)
  }
  await Promise.all(Array.from({ length: depth }, worker))
}

async function perSecond(count: number, work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (count / (performance.now() - start)) * 1000
}
