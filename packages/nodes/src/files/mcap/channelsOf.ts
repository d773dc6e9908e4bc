import type { RecordedChannel } from '../SampleFile.ts'

/** The channels of a stream by what a recording says of it, all as text: names, units, gains and offsets, and all else that is known. */
export function channelsOf(metadata: Readonly<Record<string, string>>, count: number): RecordedChannel[] {
  const given = metadata['channelInfo'] === undefined ? [] : (JSON.parse(metadata['channelInfo']) as RecordedChannel[])
  const unit = metadata['units'] === undefined ? {} : { unit: metadata['units'] }
  const scaling = (key: 'scale' | 'offset', channel: number): number | undefined => {
    if (metadata[key] === undefined) return undefined
    const value = JSON.parse(metadata[key]) as number | number[]
    return Array.isArray(value) ? value[channel] : value
  }
  return Array.from({ length: count }, (_, k) => {
    const [gain, offset] = [scaling('scale', k), scaling('offset', k)]
    const own = { ...(gain !== undefined && { gain }), ...(offset !== undefined && { offset }) }
    return { name: `ch${k}`, ...unit, ...own, ...given[k] }
  })
}
