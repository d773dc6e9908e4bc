/** Reads a shared ring in a thread of its own. See ringThread.test.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { OverrunError, RingThreadReader } from '@nodeacq/stream'
import type { RingHandle } from '@nodeacq/stream'
import { rampStart } from '../streams.ts'

const { handle, samples } = workerData as { handle: RingHandle; samples: number }
const reader = new RingThreadReader(handle)
const seen = { chunks: 0, samples: 0, wrong: 0, torn: 0, missing: 0, end: 0 }
parentPort!.postMessage('ready')
for (let next = reader.next; seen.end < samples; next++) {
  const chunk = reader.take(5000)
  if (chunk === undefined) break
  seen.missing += chunk.number - next
  next = chunk.number
  seen.chunks += 1
  seen.samples += chunk.data.length
  seen.end = chunk.index
  if (rampStart(chunk.data) !== chunk.index - chunk.data.length) seen.wrong += 1
  reader.next = chunk.number
  try {
    const isRight = reader.withNext(({ index, data }) => rampStart(data) === index - data.length)
    if (isRight === false) seen.wrong += 1
  } catch (error) {
    if (!(error instanceof OverrunError)) throw error
    seen.torn += 1
  }
  reader.next = chunk.number + 1
}
parentPort!.postMessage(seen)
