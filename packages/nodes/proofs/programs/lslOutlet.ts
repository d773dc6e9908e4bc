/** An outlet in a process of its own: 64 channels, sample n is n modulo 2^20 plus the channel. Its argument is JSON. */
import { setTimeout as sleep } from 'node:timers/promises'
import { lslClock, LslStreamOutlet, Pacer, type LslSettings } from '../../src/index.ts'

interface Order {
  readonly channels: number
  readonly rate: number
  readonly settings: Partial<LslSettings>
}

const { channels, rate, settings } = JSON.parse(process.argv[2]!) as Order
const outlet = await LslStreamOutlet.open(
  { name: 'soak', type: 'EEG', channelCount: channels, channelFormat: 'float32', nominalRate: rate, sourceId: 'soak' },
  { settings }
)
process.stdout.write(`${outlet.info.uid}\n`)
while (outlet.consumerCount === 0) await sleep(5)
const size = Math.max(1, rate / 100)
const values = new Float32Array(size * channels)
const pacer = new Pacer(new AbortController().signal)
const start = lslClock()
for (let n = 0; await pacer.until((n + size) / rate); n += size) {
  for (let k = 0, at = 0; k < size; k++) {
    for (let channel = 0; channel < channels; channel++, at++) values[at] = ((n + k) % 2 ** 20) + channel
  }
  outlet.pushNumbers(new Uint8Array(values.buffer), start + (n + size - 1) / rate)
}
