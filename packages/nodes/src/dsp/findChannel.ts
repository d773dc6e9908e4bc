import { ConfigError } from '@nodeacq/core'
import { nearestNames, type StreamInfo } from '@nodeacq/stream'
import { z } from 'zod'

/** A channel by its number, from 0, or by its name. */
export const channelSchema = z.union([z.number().int().nonnegative(), z.string()])

/**
 * Number of a channel of a stream of shape `(samples, channels)`.
 * @throws {ConfigError} naming the nearest when there is no such channel.
 */
export function findChannel(
  { shape, channelInfo = [] }: Pick<StreamInfo, 'shape' | 'channelInfo'>,
  channel: number | string,
  subject: string
): number {
  const count = shape[1]!
  if (typeof channel === 'number') {
    if (channel < count) return channel
    throw new ConfigError(subject, [`'channel': expected 0 to ${count - 1}, got ${channel}; nearest ${count - 1}`])
  }
  const names = channelInfo.map(({ name }) => name)
  const found = names.indexOf(channel)
  if (found >= 0) return found
  const [near] = nearestNames(channel, names)
  const expected = near === undefined ? `a number from 0 to ${count - 1} or a name of a channel` : `'${near}'`
  throw new ConfigError(subject, [`'channel': expected ${expected}, got '${channel}'`])
}
