/** The other process of tests; orders and reports come over Node's channel. See processes.test.ts. */
import { InputStream, OutputStream } from '@nodeacq/stream'
import type { ConnectOptions, InputSpec, OutputOptions, WireParams } from '@nodeacq/stream'
import { ramp, rampStart } from './streams.ts'

/** What a peer is told to do. */
export type Order =
  | {
      do: 'read'
      params: WireParams
      connect: ConnectOptions
      highWaterMark?: number
      /** ms per chunk */ pace?: number
      ackEvery?: number
    }
  | { do: 'connect'; params: WireParams; connect: ConnectOptions }
  | {
      do: 'send'
      options: OutputOptions
      chunks: number
      samples: number
      /** Until it is told to go once more. */ stay?: boolean
    }
  | { do: 'go' }

/** What a peer tells. */
export type Report =
  | { did: 'connected' }
  | { did: 'took'; index: number }
  | { did: 'ended'; chunks: number; bad: number; account: ReturnType<InputStream['ledger']['snapshot']> }
  | { did: 'configured'; params: WireParams }
  | { did: 'sent' }

const report = (what: Report): void => void process.send?.(what)
let go = Promise.withResolvers<void>()

function specOf({ highWaterMark }: Order & { do: 'read' }): InputSpec {
  return highWaterMark === undefined ? {} : { highWaterMark }
}

async function read(order: Order & { do: 'read' }): Promise<void> {
  await using input = new InputStream(specOf(order), { node: 'peer', name: 'signals' })
  await input.connect(order.params, order.connect)
  report({ did: 'connected' })
  let chunks = 0
  let bad = 0
  for await (const { index, data } of input.chunks()) {
    chunks += 1
    if (rampStart(data) !== index - data.length) bad += 1
    if (order.pace !== undefined) await new Promise((resolve) => setTimeout(resolve, order.pace))
    if (order.ackEvery !== undefined && chunks % order.ackEvery === 0) input.acknowledge(index)
    if (chunks === 1 || chunks % 100 === 0) report({ did: 'took', index })
  }
  report({ did: 'ended', chunks, bad, account: input.ledger.snapshot() })
}

async function send(order: Order & { do: 'send' }): Promise<void> {
  await using output = new OutputStream({ shape: [-1, 2], ...order.options }, { node: 'peer', name: 'signals' })
  await output.configure()
  report({ did: 'configured', params: output.params })
  await go.promise
  go = Promise.withResolvers<void>()
  for (let i = 0; i < order.chunks; i++) await output.send(ramp(i * order.samples, order.samples))
  await output.endRun()
  report({ did: 'sent' })
  if (order.stay === true) await go.promise
}

process.on('message', (order: Order) => {
  if (order.do === 'go') go.resolve()
  else if (order.do === 'send') void send(order)
  else if (order.do === 'read') void read(order)
  else {
    // Connects and never reads.
    const input = new InputStream()
    void input.connect(order.params, order.connect).then(() => report({ did: 'connected' }))
  }
})
process.on('disconnect', () => process.exit())
