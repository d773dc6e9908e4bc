/**
 * A device in a process of its own: 1 kHz, 3·10⁻⁵ slow, in chunks of 20 samples that are sent as soon as they exist. With
 * an argument it takes itself to be on another machine. See clock.test.ts.
 */
import { becomeOtherMachine, realNow } from 'testing'
import type { OtherMachine } from 'testing'

/** What the program answers; `truth` by the real clock. */
export interface PacedReport {
  readonly params?: Record<string, unknown>
  readonly asked?: {
    readonly index: number
    readonly run: number
    readonly truth: number
    readonly time: { time: number; uncertainty: number } | null
    readonly hz: number | null
  }
}

const PERIOD = 1.00003
const CHUNK = 20

if (process.argv[2] !== undefined) becomeOtherMachine(JSON.parse(process.argv[2]) as OtherMachine)
const { OutputStream } = await import('@nodeacq/stream')
const output = new OutputStream({ shape: [-1, 1], sampleRate: 1000 }, { node: 'amp', name: 'signals' })
await output.configure()

/** The real time of sample 0, and the least time that any chunk was late. */
let start = realNow()
let least = Infinity
let isStopped = false

async function run(): Promise<void> {
  output.startRun()
  start = realNow()
  least = Infinity
  isStopped = false
  for (let end = CHUNK; !isStopped; end += CHUNK) {
    const due = start + (end - 1) * PERIOD
    for (let left = due - realNow(); left > 0; left = due - realNow()) {
      await new Promise((resolve) => (left > 1.5 ? setTimeout(resolve, left - 1) : setImmediate(resolve)))
    }
    least = Math.min(least, realNow() - due)
    output.markDeviceTime(end, (end * PERIOD) % 1000, { uncertainty: 0.001, wrap: 1000 })
    await output.send(new Float32Array(CHUNK))
  }
}

const tell = (report: PacedReport): void => void process.send?.(report)
let running: Promise<void> | undefined
process.on('message', (order: { start?: true; stop?: true; ask?: number }) => {
  if (order.start) running = (running ?? Promise.resolve()).then(run)
  if (order.stop) isStopped = true
  if (order.ask !== undefined) {
    const { clock } = output
    const truth = start + order.ask * PERIOD + least
    const time = clock.timeOf(order.ask) ?? null
    tell({ asked: { index: order.ask, run: output.run, truth, time, hz: clock.rate?.hz ?? null } })
  }
})
process.on('disconnect', () => process.exit())
tell({ params: output.params })
