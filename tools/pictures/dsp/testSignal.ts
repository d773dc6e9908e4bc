import { NdArray } from '@nodeacq/ndarray'
import { GaussianNoise } from '@nodeacq/nodes'
import type { Received, Sent } from './runNode.ts'

/** Hz */
export const RATE = 250
/** s */
export const DURATION = 4
/** Seconds of which no samples came. */
export const HOLE = [2.8, 3] as const

/** 0 to 1 and back, within a time. */
const bump = (t: number, from: number, to: number) =>
  t < from || t > to ? 0 : 0.5 - 0.5 * Math.cos((2 * Math.PI * (t - from)) / (to - from))

/** The part of the test signal that most nodes look for: bursts of 10 Hz, µV. */
const bursts = (t: number): number =>
  30 * (bump(t, 0.5, 1.5) + bump(t, 2, 2.7) + bump(t, 3.2, 3.9)) * Math.sin(2 * Math.PI * 10 * t)

/** Fz: bursts on a drift, with noise of the line. Cz: the same drift and line, without bursts. */
export function testSignal(): Sent {
  const noise = new Float32Array(2 * RATE * DURATION)
  new GaussianNoise(1).fill(noise)
  const rows = Array.from({ length: RATE * DURATION }, (_, k) => {
    const t = k / RATE
    const common = 25 * Math.sin(2 * Math.PI * 0.3 * t) + 10 * Math.sin(2 * Math.PI * 50 * t)
    return [bursts(t) + common + 2 * noise[2 * k]!, common + 2 * noise[2 * k + 1]!]
  })
  const [hole, back] = HOLE.map((seconds) => seconds * RATE) as [number, number]
  return {
    spec: {
      dtype: 'float32',
      shape: [-1, 2],
      sampleRate: RATE,
      units: 'uV',
      channelInfo: [{ name: 'Fz' }, { name: 'Cz' }]
    },
    pieces: [...pieces(rows, 0, hole), ...pieces(rows, back, rows.length)]
  }
}

/** Chunks of 20 ms. */
function pieces(rows: readonly number[][], from: number, to: number): Sent['pieces'] {
  const size = RATE / 50
  return Array.from({ length: Math.ceil((to - from) / size) }, (_, k) => {
    const end = Math.min(to, from + (k + 1) * size)
    return { data: NdArray.from(rows.slice(from + k * size, end), 'float32'), index: end }
  })
}

type Points = (readonly [number, number])[]

/** A channel of a stream over time, cut where samples are missing. */
export function traces(received: readonly Received[], { channel = 0, rate = RATE } = {}): Points[] {
  const parts: Points[] = []
  let next: number | undefined
  for (const { index, data } of received) {
    const from = index - data.length
    if (from !== next) parts.push([])
    next = index
    for (let k = 0; k < data.length; k++) parts.at(-1)!.push([(from + k) / rate, Number(data.get(k, channel))])
  }
  return parts
}

/** As `lines` of a panel. */
export const linesOf = (received: readonly Received[], options?: { channel?: number; rate?: number }, colour = 0) =>
  traces(received, options).map((points) => ({ points, colour }))
