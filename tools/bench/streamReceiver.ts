/** The other process of the stream benchmark. Orders come over Node's channel; see stream.ts. */
import { InputStream } from '@nodeacq/stream'
import * as zmq from 'zeromq'

type Order =
  | { open: 'nodeacq'; params: Record<string, unknown> }
  | { open: 'bare'; address: string }
  | { count: 'nodeacq' | 'views' | 'bare'; chunks: number }
  | { time: 'nodeacq' | 'bare'; chunks: number }

let input: InputStream | undefined
let bare: zmq.Subscriber | undefined
const tell = (message: object) => process.send!(message)
const now = () => Number(process.hrtime.bigint() / 1000n)

process.on('message', (order: Order) => void obey(order))

async function obey(order: Order): Promise<void> {
  if ('open' in order) {
    if (order.open === 'nodeacq') {
      await input?.close()
      input = new InputStream({ highWaterMark: 0 })
      await input.connect(order.params)
    } else {
      bare?.close()
      bare = new zmq.Subscriber({ linger: 0, receiveHighWaterMark: 0 })
      bare.subscribe('')
      bare.connect(order.address)
    }
    tell({ opened: true })
  } else if ('count' in order) {
    if (order.count === 'nodeacq') await countOurs(order.chunks)
    else if (order.count === 'views') await countViews(order.chunks)
    else await countBare(order.chunks)
  } else if (order.time === 'nodeacq') await timeOurs(order.chunks)
  else await timeBare(order.chunks)
}

async function countOurs(chunks: number): Promise<void> {
  input!.startRun()
  tell({ ready: true })
  let received = 0
  for await (const { data } of input!.chunks()) if (data.length > 0) received++
  tell({ received, lost: input!.status().lostSamples, expected: chunks })
}

/** Without a copy: what is in the ring is looked at where it lies. */
async function countViews(chunks: number): Promise<void> {
  input!.startRun()
  tell({ ready: true })
  let next = 0
  for (let received = 0; received < chunks; received++) {
    const { index } = await input!.recv()
    input!.withView(next, index, (data) => data.get(0, 0))
    next = index
  }
  tell({ received: chunks, lost: input!.status().lostSamples })
}

async function countBare(chunks: number): Promise<void> {
  tell({ ready: true })
  for (let received = 0; received < chunks;) {
    const [head] = await bare!.receive()
    if (head!.length === 56) received++
  }
  tell({ received: chunks })
}

async function timeOurs(chunks: number): Promise<void> {
  input!.startRun()
  tell({ ready: true })
  const latencies: number[] = []
  for await (const { data } of input!.chunks()) {
    latencies.push(now() - (data.get(0, 0) as number))
    if (latencies.length === chunks) break
  }
  tell({ latencies })
}

async function timeBare(chunks: number): Promise<void> {
  tell({ ready: true })
  const latencies: number[] = []
  while (latencies.length < chunks) {
    const [head, payload] = await bare!.receive()
    if (head!.length !== 56) continue
    latencies.push(now() - new Float64Array(payload!.buffer, payload!.byteOffset, 1)[0]!)
  }
  tell({ latencies })
}
