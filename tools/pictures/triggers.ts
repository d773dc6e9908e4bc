import {
  AnalogTrigger,
  EpochAverage,
  GaussianNoise,
  SpikeDetector,
  SpikeSorter,
  TriggerAccumulator,
  uniformNumbers
} from '@nodeacq/nodes'
import type { Node } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { makeEvents, readEvents, type StreamEvent } from '@nodeacq/stream'
import type { Axis, Curve, Picture } from '../bench/picture.ts'
import { runNode as sendThrough } from './dsp/runNode.ts'

type Points = [number, number][]

/** Runs a node over a signal of one channel, and gives the chunks of each of its outputs. */
async function runNode(
  node: Node,
  { signal, sampleRate, events }: { signal: Float32Array; sampleRate: number; events?: readonly number[] },
  options: { config?: object; params?: object } = {}
): Promise<Record<string, NdArray[]>> {
  const spec = { dtype: 'float32', shape: [-1, 1], sampleRate, protocol: 'inproc' } as const
  const signals = { spec, pieces: [{ data: NdArray.fromTyped(signal, [signal.length, 1]), index: signal.length }] }
  const marks = makeEvents((events ?? []).map((index) => ({ index })))
  const received = await sendThrough(node, options, {
    signals,
    ...(events && {
      events: {
        spec: { streamType: 'event', dtype: marks.dtype.toWire(), shape: [-1], protocol: 'inproc' },
        pieces: [{ data: marks, index: marks.length }]
      }
    })
  })
  return Object.fromEntries(Object.entries(received).map(([name, chunks]) => [name, chunks.map(({ data }) => data)]))
}

const positionsOf = (chunks: readonly NdArray[]): StreamEvent[] => chunks.flatMap((chunk) => readEvents(chunk))
const milliseconds = (ticks: readonly number[]): Axis => ({
  label: 'ms',
  scale: 'linear',
  ticks: ticks.map((tick) => [tick, `${tick}`])
})
const levels = (label: string, ticks: readonly number[]): Axis => ({
  label,
  scale: 'linear',
  ticks: ticks.map((tick) => [tick, `${tick}`])
})
const plot = (values: Iterable<number>, xOf: (k: number) => number): Points =>
  Array.from(values, (value, k) => [xOf(k), value])

/** A line at `level` with a tooth at each position. */
function comb(
  name: string,
  at: readonly number[],
  { from, to, level }: { from: number; to: number; level: number }
): Curve {
  const teeth = at.flatMap((x): Points => [
    [x, level],
    [x, level + 0.5],
    [x, level]
  ])
  return { name, points: [[from, level], ...teeth, [to, level]] }
}

function noise(length: number, seed: number): Float32Array {
  const values = new Float32Array(length)
  new GaussianNoise(seed).fill(values)
  return values
}

/** What each debounce mode makes of a contact that bounces. */
async function debounce(): Promise<Picture> {
  const on = [[20, 22], [24, 25], [27, 60], [62, 63], [65, 66]] // prettier-ignore
  const signal = Float32Array.from({ length: 100 }, (_, k) => (on.some(([a, b]) => k >= a! && k < b!) ? 2 : 0))
  const combs: Curve[] = []
  for (const [row, debounceMode] of (['no-debounce', 'after-stable', 'before-stable'] as const).entries()) {
    const params = { threshold: 1, debounceMode, debounceTime: 0.01 }
    const { events } = await runNode(new AnalogTrigger(), { signal, sampleRate: 1000 }, { params })
    const at = positionsOf(events!).map(({ index }) => index)
    combs.push(comb(debounceMode, at, { from: 0, to: 99, level: -1 - row }))
  }
  return {
    file: 'trigger-debounce',
    title: 'A bouncing contact, front +, threshold 1, debounce 10 ms',
    x: milliseconds([0, 20, 40, 60, 80, 100]),
    y: levels('signal, and what fires', [-3, -2, -1, 0, 1, 2]),
    curves: [{ name: 'signal', points: plot(signal, (k) => k) }, ...combs]
  }
}

/** A response of 1 in noise of deviation 0.4, 100 times. */
function responses(): { signal: Float32Array; events: number[] } {
  const signal = noise(60_000, 11).map((value) => 0.4 * value)
  const events = Array.from({ length: 100 }, (_, k) => 500 + k * 590)
  for (const event of events) {
    for (let k = 0; k < 400; k++) signal[event + k]! += Math.exp(-(((k - 150) / 50) ** 2))
  }
  return { signal, events }
}

async function sweeps(): Promise<Picture> {
  const { signal, events } = responses()
  const node = new TriggerAccumulator()
  const params = { leftSweep: -0.1, rightSweep: 0.4, stackSize: 10 }
  const made = await runNode(node, { signal, sampleRate: 1000, events }, { params })
  const time = (k: number) => k - 100
  return {
    file: 'trigger-accumulator',
    title: 'TriggerAccumulator: sweeps around events, and the mean of a stack of 10',
    x: milliseconds([-100, 0, 100, 200, 300, 400]),
    y: levels('signal', [-1, 0, 1, 2]),
    curves: [
      ...[97, 98, 99].map((k) => ({
        name: `sweep ${k + 1}`,
        points: plot(made['sweeps']![k]!.typed() as Float32Array, time)
      })),
      { name: 'average', points: plot(made['average']!.at(-1)!.typed() as Float64Array, time) }
    ]
  }
}

async function average(): Promise<Picture> {
  const { signal, events } = responses()
  for (const event of events.filter((_, k) => k % 7 === 3)) {
    for (let k = 0; k < 100; k++) signal[event + k]! -= 8 * Math.exp(-(((k - 50) / 20) ** 2))
  }
  const config = { window: [-0.1, 0.4], baseline: [-0.1, 0] }
  const source = { signal, sampleRate: 1000, events }
  const all = await runNode(new EpochAverage(), source, { config })
  const good = await runNode(new EpochAverage(), source, { config, params: { maxPeakToPeak: 5 } })
  const last = (made: Record<string, NdArray[]>) => made['average']!.at(-1)!.typed() as Float64Array
  return {
    file: 'epoch-average',
    title: `EpochAverage: 100 epochs, ${events.length - good['average']!.length} of them with a blink of −8 at 50 ms`,
    x: milliseconds([-100, 0, 100, 200, 300, 400]),
    y: levels('mean', [-1, 0, 1]),
    curves: [
      { name: 'all', points: plot(last(all), (k) => k - 100) },
      { name: 'without the bad ones', points: plot(last(good), (k) => k - 100) }
    ]
  }
}

const SPIKE_RATE = 20_000
const bump = (t: number, centre: number, width: number) => Math.exp(-(((t - centre) / width) ** 2))
const UNITS = [
  (t: number) => -14 * (bump(t, 0, 2.5) - 0.35 * bump(t, 8, 4)),
  (t: number) => -10 * (bump(t, 0, 1.5) - 0.6 * bump(t, 4, 2)),
  (t: number) => -8 * (bump(t, 0, 4.5) - 0.2 * bump(t, -8, 2.5))
]

/** Three units in noise of deviation 1, each at random times. */
function spikes(): Float32Array {
  const signal = noise(40 * SPIKE_RATE, 3)
  const random = uniformNumbers(8)
  for (let at = 300; at < signal.length - 100; at += 200 + random() * 700) {
    const unit = UNITS[Math.floor(random() * 3)]!
    for (let k = Math.ceil(at) - 20; k < at + 30; k++) signal[k]! += unit(k - at)
  }
  return signal
}

async function detector(): Promise<Picture> {
  const signal = spikes().slice(0, 1.2 * SPIKE_RATE)
  const { events } = await runNode(new SpikeDetector(), { signal, sampleRate: SPIKE_RATE })
  const [from, to] = [1.02 * SPIKE_RATE, 1.1 * SPIKE_RATE]
  const time = (sample: number) => ((sample - from) / SPIKE_RATE) * 1000
  const at = positionsOf(events!).map(({ index }) => index)
  const shown = at.filter((index) => index >= from && index < to).map(time)
  return {
    file: 'spike-detector',
    title: 'SpikeDetector: threshold at 4.5 deviations of the noise',
    x: milliseconds([0, 20, 40, 60, 80]),
    y: levels('deviations of the noise', [-15, -10, -5, 0, 5]),
    curves: [
      { name: 'signal', points: plot(signal.subarray(from, to), (k) => time(from + k)) },
      { name: 'threshold', points: [[0, -4.5], [80, -4.5]] }, // prettier-ignore
      comb('spikes', shown, { from: 0, to: 80, level: 6 })
    ]
  }
}

async function sorter(): Promise<Picture> {
  const node = new SpikeSorter()
  const made = await runNode(node, { signal: spikes(), sampleRate: SPIKE_RATE })
  const units = positionsOf(made['events']!).map(({ value }) => value)
  const rows = made['waveforms']!.flatMap((chunk) => chunk.toNested() as number[][])
  const of = (unit: number) => rows.filter((_, k) => units[k] === unit)
  return {
    file: 'spike-sorter',
    title: 'SpikeSorter: three spikes of each unit that it found, aligned',
    x: levels('samples from the peak', [-10, -5, 0, 5, 10, 15, 20]),
    y: levels('deviations of the noise', [-15, -10, -5, 0, 5]),
    curves: [1, 2, 3].map((unit) => ({
      name: `unit ${unit}, ${of(unit).length} spikes`,
      // One line, there and back again along each waveform.
      points: of(unit)
        .slice(0, 3)
        .flatMap((row, k): Points => {
          const points = plot(row, (i) => i - 10)
          return k % 2 === 0 ? points : points.reverse()
        })
    }))
  }
}

/** The pictures of docs/guides/triggers.md, drawn from what the nodes give. */
export async function triggerPictures(): Promise<Picture[]> {
  const pictures: Picture[] = []
  for (const draw of [debounce, sweeps, average, detector, sorter]) pictures.push(await draw())
  return pictures
}
