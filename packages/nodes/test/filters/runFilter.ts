import type { Node } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { OutputStream, type OutputOptions } from '@nodeacq/stream'
import { collect, type Collected } from '../collect.ts'

/** A piece of a signal: its first sample stands at `start`, by default behind the piece before. */
export interface Piece {
  readonly data: NdArray
  readonly start?: number
}

/** Sends a signal in pieces through a node with one input and one output, and gives what comes out, with its params. */
export async function runFilter(
  node: Node,
  config: object,
  { spec, pieces, before }: { spec: OutputOptions; pieces: readonly Piece[]; before?: () => unknown }
): Promise<Collected & { info: OutputStream['info'] }> {
  await using source = new OutputStream(spec)
  await source.configure()
  await using filter = node
  await filter.configure(config)
  await filter.input.connect(source, { delivery: 'complete' })
  await filter.initialize()
  const { done } = await collect(filter.output)
  before?.()
  source.startRun()
  await filter.start()
  let next = 0
  for (const { data, start = next } of pieces) {
    next = start + data.length
    await source.send(data, next)
  }
  await source.endRun()
  const collected = await done
  const error = await filter.finished()
  if (error) throw error
  return { ...collected, info: filter.output.info }
}

/** Cuts a signal at random places. */
export function cutAtRandom(signal: NdArray, random: () => number, count: number): Piece[] {
  const cuts = Array.from({ length: count }, () => Math.floor(random() * signal.length)).sort((a, b) => a - b)
  let from = 0
  return [...cuts, signal.length].flatMap((to) => {
    const piece = { data: signal.slice(from, to), start: from }
    from = to
    return piece.data.length > 0 ? [piece] : []
  })
}

/** A signal of normally distributed noise, `(samples, channels)` float64. */
export function noise(random: () => number, samples: number, channels: number): NdArray {
  const values = Float64Array.from(
    { length: samples * channels },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  )
  return NdArray.fromTyped(values, [samples, channels])
}

/** One channel of what came out. */
export function column(data: NdArray, channel: number): number[] {
  return (data.toNested() as number[][]).map((row) => row[channel]!)
}
