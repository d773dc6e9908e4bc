import { isDeepStrictEqual } from 'node:util'
import type { InputStream, OutputOptions, OutputStream } from '@nodeacq/stream'
import { networkInterface } from './networkInterface.ts'

/** On a machine that others reach, an output listens where its host does, unless it is told otherwise. */
export function withInterface(output: OutputStream, options: OutputOptions): OutputOptions {
  const standard = networkInterface()
  const asked = { ...output.spec, ...options }
  const isTcp = asked.protocol === undefined || asked.protocol === 'tcp'
  return standard !== undefined && isTcp && asked.interface === undefined
    ? { ...options, interface: standard }
    : options
}

/** A node whose sources all wait for their consumers makes its own outputs wait too, so that nothing is lost along a chain. */
export function inheritFlow(inputs: Iterable<InputStream>, outputs: Iterable<OutputStream>): void {
  const connected = [...inputs].filter((input) => input.isConnected)
  if (connected.length === 0 || !connected.every((input) => input.info.flow === 'wait')) return
  for (const output of outputs) output.spec.flow ??= 'wait'
}

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
  const { streamType, dtype, shape, sampleRate, units, scale, offset, channelInfo } = input.info
  const info = { streamType, dtype, shape: [-1, ...shape.slice(1)], sampleRate, units, scale, offset }
  return { ...info, ...(channelInfo && { channelInfo }) }
}
