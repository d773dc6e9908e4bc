import type { ExportStream } from './Exporter.ts'

/** Why a stream is no signal: numbers of channels at a regular rate. Undefined where it is one. */
export function whyNotSignal({ dtype, sampleShape, sampleRate }: ExportStream): string | undefined {
  if (dtype.fields !== undefined || !'iuf'.includes(dtype.kind)) return `its samples are ${dtype.name}`
  if (sampleShape.length !== 1) return 'the format holds samples with one axis, the channels'
  return sampleRate > 0 ? undefined : 'it has no regular rate'
}
