/** The process with the outlet: sends what its argument says, in real time, once somebody reads. */
import { setTimeout as sleep } from 'node:timers/promises'
import { lslClock, LslStreamOutlet, Pacer, type LslSettings } from '@nodeacq/nodes'
import { UsageMeter } from '../stream/UsageMeter.ts'

interface Order {
  readonly channels: number
  readonly rate: number
  readonly seconds: number
  readonly settings: Partial<LslSettings>
}

const { channels, rate, seconds, settings } = JSON.parse(process.argv[2]!) as Order
await using outlet = await LslStreamOutlet.open(
  { name: 'bench', channelCount: channels, channelFormat: 'float32', nominalRate: rate, sourceId: 'bench' },
  { settings }
)
process.send!({ ready: true })
while (outlet.consumerCount === 0) await sleep(5)
const size = rate / 100
const chunk = new Uint8Array(new Float32Array(size * channels).map((_, k) => k).buffer)
const meter = new UsageMeter()
const pacer = new Pacer(new AbortController().signal)
const start = lslClock()
for (let k = 1; k <= seconds * 100; k++) {
  await pacer.until(k / 100)
  outlet.pushNumbers(chunk, start + k / 100)
}
const { cores } = meter.stop()
await sleep(500)
process.send!({ cores })
await sleep(60_000)
