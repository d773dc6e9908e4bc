import type { InputStream, OutputOptions } from '@nodeacq/stream'

/** What a stream that carries on another one's samples has in common with it. */
export function signalInfo(input: InputStream): OutputOptions {
  const { streamType, dtype, shape, sampleRate, units, channelInfo } = input.info
  return { streamType, dtype, shape: [-1, ...shape.slice(1)], sampleRate, units, ...(channelInfo && { channelInfo }) }
}
