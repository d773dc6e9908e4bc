/** Sends small chunks until its retention is full and tells what that costs; run with --expose-gc. See retention.test.ts. */
import { setTimeout as pause } from 'node:timers/promises'
import { NdArray } from '@nodeacq/ndarray'
import { OutputStream } from '@nodeacq/stream'

const [samples = 1, limit = 1] = process.argv.slice(2).map(Number)
await using output = new OutputStream({ shape: [-1, 2], retention: { seconds: 1e6, bytes: limit } })
await output.configure()
const chunk = NdArray.fromTyped(new Float32Array(2 * samples).fill(1), [samples, 2])

async function settledMemory(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await pause(20)
  }
  return process.memoryUsage().rss
}

for (let i = 0; i < 50; i++) await output.send(chunk)
const before = await settledMemory()
const start = output.status().retained.bytes
for (let bytes = 0; bytes < output.status().retained.bytes;) {
  bytes = output.status().retained.bytes
  for (let i = 0; i < 1000; i++) await output.send(chunk)
}
const used = (await settledMemory()) - before
process.stdout.write(JSON.stringify({ counted: output.status().retained.bytes - start, used }))
