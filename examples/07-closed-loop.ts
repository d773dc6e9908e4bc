/**
 * A closed loop and its latency: noise with bursts → filter → trigger → event log. The device is here, filter and trigger are in a
 * process of their own, and the log is here again, where an experiment would answer.
 *
 *   node --conditions=nodeacq-source examples/07-closed-loop.ts
 */
import { createManager, NdArray, Node, readEvents, subscribe } from 'nodeacq'

const RATE = 10_000
/** Samples: 2 ms. */
const CHUNK = 20
/** A burst begins every 300 ms and lasts for 60 ms. */
const [PERIOD, LENGTH] = [3000, 600]
const BURSTS = 15

/** Noise of deviation 1, and bursts of 100 Hz in it. Sample n is there n / RATE seconds after `startedAt`, as in a device. */
class Bursts extends Node {
  static override readonly outputSpecs = {
    signals: { streamType: 'analogsignal', dtype: 'float32', shape: [-1, 1], sampleRate: RATE }
  } as const
  startedAt = 0

  protected override async _run(signal: AbortSignal) {
    this.startedAt = performance.now()
    for (let index = CHUNK; !signal.aborted; index += CHUNK) {
      const wait = this.startedAt + (index / RATE) * 1000 - performance.now()
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
      const samples = Float32Array.from({ length: CHUNK }, (_, k) => noise() + burst(index - CHUNK + k))
      await this.output.send(NdArray.fromTyped(samples, [CHUNK, 1]), index)
    }
  }
}

function burst(sample: number): number {
  return sample >= PERIOD && sample % PERIOD < LENGTH ? 5 * Math.sin((2 * Math.PI * 100 * sample) / RATE) : 0
}

function noise(): number {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())
}

await using manager = await createManager()
await using device = new Bursts({ name: 'device' })
await device.configure()
await device.initialize()
manager.localGroup.addNode(device)

const analysis = await manager.createNodeGroup({ name: 'analysis' })
const filter = await analysis.createNode('SosFilter', { name: 'filter' })
await filter.configure({ design: { type: 'butter', order: 2, band: [60, 160] } })
await filter.input.connect(device.output)
await filter.initialize()
const trigger = await analysis.createNode('AnalogTrigger', { name: 'trigger' })
await trigger.configure({})
await trigger.input.connect(filter.output)
await trigger.setParams({ threshold: 2, front: '+', debounceMode: 'no-debounce' })
await trigger.initialize()

const events = subscribe(trigger.output)
await events.connected
await manager.startAll()
const sinceCrossing: number[] = []
const sinceOnset: number[] = []
let answered = -1
for await (const chunk of events) {
  const now = performance.now() - device.startedAt
  for (const { index } of readEvents(chunk)) {
    // Each wave of a burst crosses the threshold; the first is the one to answer.
    const number = Math.floor(index / PERIOD)
    if (number <= answered) continue
    answered = number
    sinceCrossing.push(now - (index / RATE) * 1000)
    sinceOnset.push(now - ((number * PERIOD) / RATE) * 1000)
    console.log(`burst ${number}: sample ${index}, in the log ${sinceCrossing.at(-1)!.toFixed(1)} ms later`)
  }
  if (sinceCrossing.length >= BURSTS) break
}
await manager.stopAll()
console.log(`from the sample that crosses the threshold to the log: ${summary(sinceCrossing)}`)
console.log(`from the beginning of the burst: ${summary(sinceOnset)}; the filter and the first wave take most of it`)
console.log(`a chunk is ${(CHUNK / RATE) * 1000} ms, so that the crossing itself waits up to that long to be sent`)

function summary(latencies: number[]): string {
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(1)
  return `median ${at(0.5)} ms, 90 % within ${at(0.9)} ms, longest ${at(1)} ms, ${sorted.length} bursts`
}
