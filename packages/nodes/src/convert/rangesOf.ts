import type { RecordedStream } from '../files/SampleFile.ts'
import type { ChannelRange } from './Exporter.ts'

const BLOCK_BYTES = 4 << 20

/** Least and greatest finite stored number of each channel, by a pass over all rows; 0 and 0 where there is none. */
export async function rangesOf(
  stream: RecordedStream,
  progress?: (bytes: number) => void
): Promise<readonly ChannelRange[]> {
  const { channelCount, sampleCount, dtype } = stream
  const least = new Float64Array(channelCount).fill(Infinity)
  const greatest = new Float64Array(channelCount).fill(-Infinity)
  const rowBytes = channelCount * dtype.itemSize
  const rows = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes))
  for (let row = 0; row < sampleCount; row += rows) {
    const end = Math.min(row + rows, sampleCount)
    const block = await stream.read(row, end, 'digital')
    const values = (block.dtype.isNative ? block : block.astype('float64')).typed()
    for (let at = 0, channel = 0; at < values.length; at++) {
      const value = Number(values[at]!)
      if (Number.isFinite(value)) {
        if (value < least[channel]!) least[channel] = value
        if (value > greatest[channel]!) greatest[channel] = value
      }
      channel = channel + 1 === channelCount ? 0 : channel + 1
    }
    progress?.((end - row) * rowBytes)
  }
  return Array.from(least, (min, k) => (min > greatest[k]! ? { min: 0, max: 0 } : { min, max: greatest[k]! }))
}
