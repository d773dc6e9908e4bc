/** A process that reads streams for the benchmarks. Orders come over Node's channel; see readers.ts. */
import { InputStream, type Delivery } from '@nodeacq/stream'
import * as zmq from 'zeromq'
import { readBareRing, type BareRingPlace } from './bareRing.ts'
import { consume, type ReadOrder, type ReadReport } from './consume.ts'
import { now, numberOf, sentAt } from './stamp.ts'
import { UsageMeter } from './UsageMeter.ts'

export type Order =
  | { connect: readonly Record<string, unknown>[]; delivery: Delivery | undefined; highWaterMark: number }
  | { read: ReadOrder }
  | { bare: string }
  | { readBare: ReadOrder }
  | { readRing: BareRingPlace }

const inputs: InputStream[] = []
let bare: zmq.Subscriber | undefined
const tell = (message: object) => process.send!(message)

process.on('SIGINT', () => undefined)
process.once('disconnect', () => process.exit(0))
process.on('message', (order: Order) => void obey(order))

async function obey(order: Order): Promise<void> {
  if ('connect' in order) {
    for (const input of inputs.splice(0)) await input.close()
    const { delivery, highWaterMark } = order
    for (const params of order.connect) {
      const input = new InputStream({ highWaterMark })
      await input.connect(params, delivery === undefined ? {} : { delivery })
      inputs.push(input)
    }
    tell({ connected: inputs.length })
  } else if ('read' in order) {
    let waiting = inputs.length
    const ready = () => {
      if (--waiting === 0) tell({ ready: true })
    }
    const reports = await Promise.all(inputs.map((input) => consume(input, order.read, ready)))
    for (const report of reports) tell(report)
  } else if ('bare' in order) {
    bare?.close()
    bare = new zmq.Subscriber({ linger: 0, receiveHighWaterMark: 0 })
    bare.subscribe('')
    bare.connect(order.bare)
    await bare.receive() // the publisher knows us when its greeting comes
    tell({ connected: 1 })
  } else if ('readBare' in order) {
    tell(await readBare(bare!, order.readBare))
  } else {
    tell(await readBareRing(order.readRing, () => tell({ ready: true })))
  }
}

/** Two frames are a chunk, one that begins with 'end' is the end, and any other one a greeting. */
async function readBare(socket: zmq.Subscriber, { timed = false }: ReadOrder): Promise<ReadReport> {
  const usage = new UsageMeter()
  const latencies: number[] = []
  let chunks = 0
  let wrong = 0
  let next = 0
  tell({ ready: true })
  for (;;) {
    const [header, payload] = await socket.receive()
    if (payload === undefined) {
      if (header!.toString() === 'end') break
      continue
    }
    next = numberOf(payload)
    const at = sentAt(payload, next)
    if (Number.isNaN(at) || next !== chunks) wrong++
    else if (timed) latencies.push(now() - at)
    chunks++
  }
  const endedAt = now()
  return { ...usage.stop(), chunks, lostSamples: 0, skippedSamples: 0, wrong, latencies, endedAt }
}
