import { ConfigError } from '@nodeacq/core'
import { nearestNames, type StreamInfo } from '@nodeacq/stream'
import { z } from 'zod'

/** A channel by its number, from 0, or by its name. */
export const channelSchema = z.union([z.number().int().nonnegative(), z.string()])

/** Names of the channels of a stream; those without one are `ch0`, `ch1`, … */
export function channelNamesOf({ shape, channelInfo = [] }: Pick<StreamInfo, 'shape' | 'channelInfo'>): string[] {
  return Array.from({ length: shape[1] ?? 0 }, (_, channel) => channelInfo[channel]?.name ?? `ch${channel}`)
}

/**
 * Number of a channel of a stream of shape `(samples, channels)`.
 * @param at.option the option that names it; default `channel`
 * @throws {ConfigError} naming the nearest when there is no such channel.
 */
export function findChannel(
  info: Pick<StreamInfo, 'shape' | 'channelInfo'>,
  channel: number | string,
  { subject, option = 'channel' }: { subject: string; option?: string }
): number {
  const count = info.shape[1]!
  if (typeof channel === 'number') {
    if (channel < count) return channel
    throw new ConfigError(subject, [`'${option}': expected 0 to ${count - 1}, got ${channel}; nearest ${count - 1}`])
  }
  const names = channelNamesOf(info)
  const found = names.indexOf(channel)
  if (found >= 0) return found
  const [near] = nearestNames(channel, names)
  const hint = near === undefined ? '' : `; did you mean '${near}'?`
  throw new ConfigError(subject, [
    `'${option}': expected a name of a channel or a number from 0 to ${count - 1}, got '${channel}'${hint}`
  ])
}
