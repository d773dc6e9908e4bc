import { ConfigError, describeOutput } from '@nodeacq/core'
import { parseDType } from '@nodeacq/ndarray'
import type { InputStream, OutputOptions, OutputStream } from '@nodeacq/stream'

/**
 * An input with numbers of shape `(samples, channels)`.
 * @param kinds letters of numpy's dtype kinds that are taken
 * @throws {ConfigError} for anything else
 */
export function requireSignal(input: InputStream, subject: string, kinds = 'fiub'): void {
  const { shape, dtype, sampleRate } = input.info
  const name = input.owner.name ?? 'signals'
  if (shape.length !== 2 || shape[1]! < 1 || !kinds.includes(parseDType(dtype).kind)) {
    const numbers = kinds.includes('f') ? 'numbers' : 'integers'
    const got = `${JSON.stringify(dtype)} of shape (${shape.join(', ')})`
    throw new ConfigError(subject, [`input '${name}': expected ${numbers} of shape (samples, channels), got ${got}`])
  }
  if (!(sampleRate > 0)) {
    throw new ConfigError(subject, [`input '${name}': expected a sample rate above 0 Hz, got ${sampleRate}`])
  }
}

/** `node.output` of the source of an input, for `eventsOf`; the input's own name where the source has none. */
function sourceName({ source, owner }: InputStream): string {
  return source?.node && source.output ? `${source.node}.${source.output}` : (owner.name ?? 'signals')
}

/** Says that an output tells of the samples of an input. */
export async function describeEvents(
  output: OutputStream,
  input: InputStream,
  more: OutputOptions = {}
): Promise<void> {
  await describeOutput(output, { sampleRate: input.info.sampleRate, eventsOf: sourceName(input), ...more })
}
