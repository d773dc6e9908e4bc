import { parseDType } from '@nodeacq/ndarray'
import type { InputStream } from '@nodeacq/stream'
import { ConfigError } from '@nodeacq/core'
import type { VideoCodec, VideoFormat } from './encoderCall.ts'

/** Frames per second of a stream that does not say. */
const USUAL_RATE = 25
const PIXELS: Readonly<Record<number, string>> = { 1: 'gray', 3: 'rgb24', 4: 'rgba' }

/**
 * What the frames of an input are: uint8, `(height, width)` or `(height, width, 1 | 3 | 4)`, perhaps with an axis of frames
 * before them.
 * @throws {ConfigError} when they are something else
 */
export function formatOf(
  name: string,
  { info }: InputStream,
  { subject, codec, options }: { subject: string; codec: VideoCodec; options: Readonly<Record<string, string>> }
): VideoFormat {
  const { shape, sampleRate } = info
  const frame = shape[0] === -1 ? shape.slice(1) : shape
  const [height = 0, width = 0, colours = 1] = frame
  const pixels = PIXELS[colours]
  const dtype = parseDType(info.dtype)
  if (
    frame.length < 2 ||
    frame.length > 3 ||
    width < 1 ||
    height < 1 ||
    pixels === undefined ||
    dtype.name !== 'uint8'
  ) {
    const expected = 'expected frames of uint8, (height, width) with 1, 3 or 4 colours'
    throw new ConfigError(subject, [`input '${name}': ${expected}, got ${dtype.name} of shape [${shape.join(', ')}]`])
  }
  return { width, height, rate: sampleRate > 0 ? sampleRate : USUAL_RATE, pixels, codec, options }
}
