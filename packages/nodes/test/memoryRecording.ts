import type { NdArray } from '@nodeacq/ndarray'
import type { RecordedEvent, RecordedGap, RecordedStream, SampleFile } from '../src/files/SampleFile.ts'
import { applyScaling } from '../src/files/applyScaling.ts'

export interface MemoryStream {
  readonly name: string
  readonly data: NdArray
  readonly sampleRate: number
  readonly channelInfo?: RecordedStream['channelInfo']
  readonly startIndex?: number
  readonly offset?: number
  readonly gaps?: readonly RecordedGap[]
}

/** A recording that is in memory. */
export function memoryRecording(
  streams: readonly MemoryStream[],
  {
    events = [],
    startUtc,
    startTime
  }: { events?: readonly RecordedEvent[]; startUtc?: bigint; startTime?: string } = {}
): SampleFile {
  return {
    path: 'memory',
    format: 'memory',
    streams: streams.map(({ name, data, sampleRate, channelInfo, startIndex = 0, offset = 0, gaps = [] }) => {
      const [sampleCount = 0, ...sampleShape] = data.shape
      const channelCount = sampleShape.at(-1) ?? 1
      const channels = channelInfo ?? Array.from({ length: channelCount }, (_, k) => ({ name: `ch${k}` }))
      return {
        name,
        streamType: 'analogsignal',
        dtype: data.dtype,
        physicalDType: data.dtype,
        sampleShape,
        channelCount,
        sampleRate,
        channelInfo: channels,
        sampleCount,
        startIndex,
        offset,
        gaps,
        read: async (from, to, units) => {
          const block = data.slice(from, to).copy()
          return await Promise.resolve(units === 'digital' ? block : applyScaling(block, channels))
        }
      }
    }),
    startTime,
    startUtc,
    warnings: [],
    details: {},
    events: async () => await Promise.resolve(events),
    close: async () => await Promise.resolve(),
    [Symbol.asyncDispose]: async () => await Promise.resolve()
  }
}
