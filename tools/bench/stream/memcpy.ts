import { setNumber } from './stamp.ts'
import { BYTES_PER_SAMPLE, RING } from './transports.ts'

let ring: Uint8Array | undefined

/** Chunks a second that can be numbered and copied into shared memory of the size of the ring. */
export function memcpyRate(samples: number, milliseconds: number): number {
  const chunk = new Uint8Array(samples * BYTES_PER_SAMPLE)
  ring ??= new Uint8Array(new SharedArrayBuffer(RING * BYTES_PER_SAMPLE)).fill(1) // so that no write waits for a page
  const start = performance.now()
  let count = 0
  while (performance.now() - start < milliseconds) {
    setNumber(chunk, count)
    ring.set(chunk, (count++ * chunk.length) % ring.length)
  }
  return (count / (performance.now() - start)) * 1000
}
