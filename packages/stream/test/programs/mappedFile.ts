/** Maps a file that another process has mapped, and does to it what is asked. See mapFile.test.ts and torn.test.ts. */
import { openSync } from 'node:fs'
import { parseDType } from '@nodeacq/ndarray'
import { OverrunError, RingRangeError } from '../../src/errors.ts'
import { RingLayout } from '../../src/ringLayout.ts'
import { mapFile } from '../../src/shm/mapFile.ts'
import { SharedRingReader } from '../../src/transfer/SharedRing.ts'

const [what, path, size, count] = process.argv.slice(2) as [string, string, string, string]

if (what === 'add') {
  const { buffer } = mapFile(openSync(path, 'r+'), Number(size), { writable: true })!
  const words = new BigInt64Array(buffer, 0, 2)
  Atomics.add(words, 1, 1n)
  while (Atomics.load(words, 1) < 2n);
  for (let i = 0; i < Number(count); i++) Atomics.add(words, 0, 1n)
} else {
  // Every value of sample i is i; the writer, in the other process, never waits.
  const layout = new RingLayout([Number(size), 64], parseDType('float64'), { double: what === 'double' })
  const ring = new SharedRingReader(path, layout)
  const seen = { whole: 0, viewed: 0, overruns: 0, wrong: 0 }
  const isRight = (values: Float64Array, from: number): boolean =>
    values.every((value, at) => value === from + Math.floor(at / 64))
  process.send!(seen)
  const end = (): number => ring.index
  for (let turn = 0; end() < Number(count); turn++) {
    const stop = end()
    const start = Math.max(0, stop - (turn % Number(size)))
    try {
      if (turn % 2 === 0) {
        if (!isRight(ring.getData(start, stop).typed() as Float64Array, start)) seen.wrong++
        seen.whole++
      } else {
        const isWell = ring.withView(start, stop, (data) => isRight(data.toContiguous().typed() as Float64Array, start))
        if (!isWell) seen.wrong++
        seen.viewed++
      }
    } catch (error) {
      if (!(error instanceof OverrunError || error instanceof RingRangeError)) throw error
      seen.overruns++
    }
  }
  process.send!(seen)
  process.disconnect()
}
