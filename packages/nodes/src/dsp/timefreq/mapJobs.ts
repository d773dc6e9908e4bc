import type { MorletShape } from './MorletMap.ts'
import type { TimeFreqPlan } from './timeFreqPlan.ts'

/** What a worker gets: first a plan, then one job after the other. */
export type ToWorker =
  | { readonly kind: 'plan'; readonly plan: TimeFreqPlan; readonly shape: MorletShape; readonly engine: string | null }
  /** Channel after channel: segments come, maps go into `maps`; both stay with the worker until it answers. */
  | {
      readonly kind: 'job'
      readonly job: number
      readonly segments: SharedArrayBuffer
      readonly maps: SharedArrayBuffer
    }
  | { readonly kind: 'close' }

/** What a worker answers. */
export type FromWorker =
  { readonly kind: 'done'; readonly job: number } | { readonly kind: 'failed'; readonly message: string }

/** Computes the maps of several channels. */
export function computeMaps(
  map: { compute(segment: Float32Array, map: Float32Array): void },
  { segment, columns, frequencies }: TimeFreqPlan,
  { segments, maps }: { segments: ArrayBufferLike; maps: ArrayBufferLike }
): void {
  const all = new Float32Array(segments)
  const out = new Float32Array(maps)
  const size = columns * frequencies.length
  for (let c = 0; (c + 1) * segment <= all.length; c++) {
    map.compute(all.subarray(c * segment, (c + 1) * segment), out.subarray(c * size, (c + 1) * size))
  }
}
