import type { LslStreamInfo } from '../wire/streamInfo.ts'
import { quoteText } from './askStreams.ts'

/**
 * What the same stream matches when its outlet has begun anew. As liblsl's, in its order, with quotes in names written as XPath wants it;
 * a stream without a source id is the same only on the same machine and at the same rate.
 */
export function recoveryQuery(info: LslStreamInfo): string {
  const { channelCount, name, type, sourceId, channelFormat, hostname, nominalRate } = info
  const parts = [
    `channel_count='${channelCount}'`,
    `name=${quoteText(name)}`,
    ...(type === '' ? [] : [`type=${quoteText(type)}`]),
    ...(sourceId === '' ? [] : [`source_id=${quoteText(sourceId)}`]),
    `channel_format='${channelFormat}'`,
    ...(sourceId === '' ? [`hostname=${quoteText(hostname)}`, `nominal_srate=${nominalRate}`] : [])
  ]
  return parts.join(' and ')
}
