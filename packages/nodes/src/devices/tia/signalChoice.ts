import { ConfigError } from '@nodeacq/core'
import { nearestNames } from '@nodeacq/stream'
import { z } from 'zod'
import type { CustomSignal } from './customSignals.ts'
import type { TiaMetaInfo, TiaSignalInfo } from './metaInfo.ts'
import { chosenSignalBit, signalTypeOf } from './signalTypes.ts'

const part = z.object({
  channels: z
    .array(z.union([z.string(), z.number().int().min(1)]))
    .min(1)
    .optional()
    .describe('labels, or numbers from 1; default all'),
  downsampling: z.number().int().min(1).max(65_535).default(1).describe('one sample of so many, behind a low-pass')
})

/** Which signals of a server, or which part of each. */
export const signalChoice = z.union([z.array(z.string()), z.record(z.string(), part)])

type Parts = Exclude<z.infer<typeof signalChoice>, readonly string[]>

/** The signals of those offered that are wanted, all where none are named. @throws {ConfigError} */
export function chosenSignals(
  choice: z.infer<typeof signalChoice>,
  { signals }: TiaMetaInfo,
  subject: string
): readonly TiaSignalInfo[] {
  if (!Array.isArray(choice)) return signals
  return choice.length === 0 ? signals : choice.map((type) => offered(type, signals, subject))
}

/** What is asked of the server. @throws {ConfigError} */
export function customSignalsOf(parts: Parts, { signals }: TiaMetaInfo, subject: string): CustomSignal[] {
  return Object.entries(parts).map(([type, { channels, downsampling }]) => {
    const signal = offered(type, signals, subject)
    const places = channels?.map((channel) => placeOf(channel, signal, subject)) ?? signal.channels.map((_, k) => k)
    return { bit: signal.bit, factor: downsampling, channels: [...new Set(places)].toSorted((a, b) => a - b) }
  })
}

function offered(type: string, signals: readonly TiaSignalInfo[], subject: string): TiaSignalInfo {
  const bit = chosenSignalBit(type, subject)
  const found = signals.find((signal) => signal.bit === bit)
  if (found !== undefined) return found
  const types = signals.map((signal) => signalTypeOf(signal.bit)).join(', ')
  throw new ConfigError(subject, [`signal '${type}': the server offers ${types}`])
}

function placeOf(channel: string | number, { bit, channels }: TiaSignalInfo, subject: string): number {
  const place = typeof channel === 'number' ? channel - 1 : channels.indexOf(channel)
  if (place >= 0 && place < channels.length) return place
  const [near] = nearestNames(String(channel), channels)
  const hint = near === undefined ? `it has ${channels.length} channels` : `did you mean '${near}'?`
  throw new ConfigError(subject, [`signal '${signalTypeOf(bit)}': no channel '${channel}'; ${hint}`])
}
