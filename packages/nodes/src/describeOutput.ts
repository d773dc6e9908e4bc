import { isDeepStrictEqual } from 'node:util'
import type { InputStream, OutputOptions, OutputStream } from '@nodeacq/stream'

/** Says what a stream carries. One that is open already tells its consumers. */
export async function describeOutput(output: OutputStream, info: OutputOptions): Promise<void> {
  Object.assign(output.spec, info)
  if (!output.isConfigured) return
  const known: Readonly<Record<string, unknown>> = output.info
  const isNews = Object.entries(info).some(([key, value]) => !isDeepStrictEqual(known[key], value))
  if (isNews) await output.configure()
}

/** What a stream has in common with one that it is made from, sample by sample. */
export function infoOfInput(input: InputStream): OutputOptions {
  const { streamType, dtype, shape, sampleRate, units, channelInfo } = input.info
  return { streamType, dtype, shape: [-1, ...shape.slice(1)], sampleRate, units, ...(channelInfo && { channelInfo }) }
}
