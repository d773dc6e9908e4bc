import type { OutputOptions } from '@nodeacq/stream'

/** Channels of the streams where nothing else is said; float32. */
export const CHANNELS = 16
export const BYTES_PER_SAMPLE = CHANNELS * 4

/** Samples in the shared rings: 64 MiB, more than any cache. */
export const RING = (64 * 2 ** 20) / BYTES_PER_SAMPLE

/** The ways a stream can take. */
export const TRANSPORTS = {
  inproc: { protocol: 'inproc' },
  ipc: { protocol: 'ipc' },
  tcp: { protocol: 'tcp' },
  sharedmem: { protocol: 'ipc', transferMode: 'sharedmem', bufferSize: RING }
} as const satisfies Record<string, OutputOptions>

export type Transport = keyof typeof TRANSPORTS

export const TRANSPORT_NAMES = Object.keys(TRANSPORTS) as readonly Transport[]

/** Samples of 16 channels float32 in a chunk: 64 bytes to 1 MiB. */
export const SIZES = [1, 64, 1024, 16_384] as const

/** As `64 samples (4 KB)`. */
export function nameOfSize(samples: number): string {
  const bytes = samples * BYTES_PER_SAMPLE
  const size = bytes < 1024 ? `${bytes} B` : bytes < 2 ** 20 ? `${bytes / 1024} KB` : `${bytes / 2 ** 20} MB`
  return `${samples.toLocaleString('en-US')} sample${samples === 1 ? '' : 's'} (${size})`
}
