import { ChannelReader, SpikeKernel, TriggerKernel } from '@nodeacq/nodes'
import { NdArray } from '@nodeacq/ndarray'
import type { BenchContext, Measured } from '../suite.ts'
import { realtimeRows } from './realtime.ts'
import { testSignal } from './signal.ts'

export const TRIGGER = 'AnalogTrigger on one of 384 ch × 30 kHz int16, 1 ms chunks'
export const SPIKES = 'SpikeDetector on 384 ch × 30 kHz int16, 1 ms chunks'
const [CHANNELS, ROWS] = [384, 30]

/** The kernels of AnalogTrigger and SpikeDetector on a signal with few events, which is what they mostly see. */
export function measureEvents({ quick, step }: BenchContext): Promise<Measured> {
  const chunk = NdArray.fromTyped(testSignal(CHANNELS * ROWS, 'int16'), [ROWS, CHANNELS])
  step(TRIGGER)
  const reader = new ChannelReader()
  const trigger = new TriggerKernel({ threshold: 2000, front: '+', mode: 'after-stable', debounce: 300 })
  let at = 0
  const fire = () => {
    trigger.process(reader.read(chunk, 100), ROWS, at)
    at += ROWS
  }
  const rows = realtimeRows(TRIGGER, fire, { quick })
  step(SPIKES)
  const shape = { before: 15, after: 30, dead: 30, noiseBlock: 30_000, noiseWeight: 0.2 }
  const spikes = new SpikeKernel(
    Array.from({ length: CHANNELS }, (_, channel) => channel),
    shape
  )
  let index = 0
  const find = () => {
    index += ROWS
    spikes.process(chunk, index, { threshold: 10, sign: 'negative' })
  }
  return Promise.resolve({ rows: [...rows, ...realtimeRows(SPIKES, find, { quick })] })
}
