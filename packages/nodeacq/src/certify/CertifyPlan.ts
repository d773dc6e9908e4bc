import type { DeviceShape } from './parseShape.ts'

/** What is to be certified, and what counts as safe. */
export interface CertifyPlan {
  readonly shape: DeviceShape
  readonly devices: number
  /** Samples in each chunk. */
  readonly chunkSize: number
  /** s at the wanted rate. */
  readonly seconds: number
  /** That the free space has to last at the wanted rate. */
  readonly hours: number
  /** An existing folder on the disk. */
  readonly folder: string
  /** Address of the machine with the devices; undefined: this one. */
  readonly host: string | undefined
  readonly transferMode: 'plaindata' | 'sharedmem'
  /** ms that 99 % of the chunks may take to a viewer. */
  readonly maxLatency: number
  /** Factor above which the wanted rate is safe, not marginal. */
  readonly margin: number
  /** Greatest factor that is tried. */
  readonly limit: number
}

/** s that chunks last by default. */
const CHUNK_SECONDS = 0.01
/** A chunk has room for the stamp of a SimulatedDevice. */
export const MIN_CHUNK_BYTES = 16

/** Samples that a device sends at once when nothing else is asked for: 10 ms. */
export function defaultChunkSize({ sampleRate, channels }: DeviceShape, itemSize: number): number {
  return Math.max(1, Math.round(sampleRate * CHUNK_SECONDS), Math.ceil(MIN_CHUNK_BYTES / (channels * itemSize)))
}
