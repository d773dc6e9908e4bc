import { inTurns } from '../rounds.ts'
import { row, type Row } from '../rows.ts'
import type { BenchContext } from '../suite.ts'
import type { ScipyOrder, ScipyPeer } from './ScipyPeer.ts'

/** The same work, done by our engines and by scipy. */
export interface Work {
  readonly case: string
  readonly order: ScipyOrder
  /** Makes what is measured, of engine `wasm` or `js`. */
  readonly ours: (engine: 'wasm' | 'js') => Worker
  /** The js engine is too slow for it to be worth the time. */
  readonly skipJs?: boolean
}

export interface Worker {
  readonly run: () => void
  /** What `run` wrote last. */
  readonly output: ArrayLike<number>
  /** How a value counts in the check sum; default its magnitude. */
  readonly sum?: (output: ArrayLike<number>) => number
}

/** µs per call of each, in turns. The first results must agree with scipy's. */
export async function compare(work: Work, scipy: ScipyPeer | null, { quick, step }: BenchContext): Promise<Row[]> {
  step(work.case)
  const seconds = quick ? 0.05 : 0.3
  const [wasm, js] = (['wasm', 'js'] as const).map((engine) => work.ours(engine))
  if (scipy !== null) {
    const { check } = await scipy.measure(work.order, 0)
    for (const worker of [wasm!, js!]) {
      worker.run()
      const sum = (worker.sum ?? magnitudes)(worker.output)
      if (Math.abs(sum - check) > 1e-4 * check) throw new Error(`${work.case}: ours ${sum}, scipy ${check}`)
    }
  }
  const figures = await inTurns(
    {
      wasm: () => Promise.resolve(microseconds(wasm!.run, seconds)),
      js: work.skipJs === true ? undefined : () => Promise.resolve(microseconds(js!.run, seconds)),
      scipy: scipy === null ? undefined : async () => (await scipy.measure(work.order, seconds)).us
    },
    { rounds: quick ? 3 : 5 }
  )
  const base = {
    suite: 'dsp',
    case: work.case,
    metric: 'time',
    unit: 'µs',
    value: figures.wasm,
    better: 'less'
  } as const
  return [
    ...(scipy === null ? [] : [row({ ...base, peer: 'scipy', peerValue: figures.scipy })]),
    ...(work.skipJs === true ? [] : [row({ ...base, peer: "engine 'js'", peerValue: figures.js })])
  ]
}

/** Mean time of a call over so many seconds. */
export function microseconds(run: () => void, seconds: number): number {
  let calls = 0
  let elapsed = 0
  const start = performance.now()
  for (let batch = 1; elapsed < seconds * 1000; batch *= 2) {
    for (let i = 0; i < batch; i++) run()
    calls += batch
    elapsed = performance.now() - start
  }
  return (elapsed / calls) * 1000
}

function magnitudes(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += Math.abs(values[i]!)
  return sum
}

export function complexMagnitudes(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i += 2) sum += Math.hypot(values[i]!, values[i + 1]!)
  return sum
}
