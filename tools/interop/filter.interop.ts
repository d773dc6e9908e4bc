import { NdArray } from '@nodeacq/ndarray'
import { SosFilter } from '@nodeacq/nodes'
import { OutputStream, subscribe } from '@nodeacq/stream'
import { seededRandom } from 'testing'
import { expect, test } from 'vitest'
import { startPython } from './python.ts'

interface Case {
  sos: number[][]
  dtype: 'float32' | 'float64'
  signal: number[][]
  expected: number[][]
}

test('SosFilter gives scipy’s numbers for random designs, however the signal is cut', async () => {
  const seed = Number(process.env['NODEACQ_SEED'] ?? 1)
  await using python = await startPython('scipy_sosfilt.py', ['designs'])
  python.input.end(`${seed}\n`)
  await python.exited
  const random = seededRandom(seed)
  if (python.lines.length !== 20) throw new Error(python.errorLines.join('\n'))
  for (const line of python.lines) {
    const { sos, dtype, signal, expected } = JSON.parse(line) as Case
    const channels = signal[0]!.length
    await using source = new OutputStream({ dtype, shape: [-1, channels], sampleRate: 1000 })
    await source.configure()
    await using filter = new SosFilter({ name: 'filter' })
    await filter.configure({ coefficients: sos })
    await filter.input.connect(source, { delivery: 'complete' })
    await filter.initialize()
    const filtered = subscribe(filter.output, { delivery: 'complete' })
    await filter.start()
    source.startRun()
    const input = NdArray.from(signal, dtype)
    for (let from = 0; from < signal.length;) {
      const to = Math.min(signal.length, from + 1 + Math.floor(random() * 90))
      await source.send(input.slice(from, to))
      from = to
    }
    await source.endRun()
    let row = 0
    const tolerance = dtype === 'float32' ? 1e-6 : 1e-9
    for await (const { data } of filtered) {
      for (const values of data.toNested() as number[][]) {
        for (const [channel, value] of values.entries()) {
          const wanted = expected[row]![channel]!
          const distance = Math.abs(value - wanted)
          if (distance > tolerance * Math.max(1, Math.abs(wanted))) {
            throw new Error(`seed ${seed}: row ${row}, channel ${channel}: expected ${wanted}, got ${value}`)
          }
        }
        row++
      }
    }
    expect(row).toBe(500)
  }
})
