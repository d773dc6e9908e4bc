import { ConfigError } from '@nodeacq/core'
import type { StreamInfo } from '@nodeacq/stream'
import { z } from 'zod'
import { channelNamesOf, channelSchema, findChannel } from '../findChannel.ts'

/** The option `reference` of ReReference. */
export const referenceSchema = z
  .union([
    z.literal('average'),
    z.strictObject({ linked: z.array(channelSchema).min(1) }),
    z.strictObject({ bipolar: z.array(z.tuple([channelSchema, channelSchema])).min(1) }),
    z.strictObject({
      matrix: z.array(z.array(z.number())).min(1),
      names: z.array(z.string()).optional()
    })
  ])
  .describe(
    "'average': less the mean of all channels; { linked: ['A1', 'A2'] }: less the mean of these; " +
      "{ bipolar: [['Fp1', 'F3'], …] }: differences; { matrix: [[…], …], names: […] }: any mixture, one row per channel that comes out"
  )

export type Reference = z.infer<typeof referenceSchema>

/** Rows of a mixture of channels, with a name for each. */
export interface Mixture {
  readonly rows: readonly Float64Array[]
  readonly names: readonly string[]
}

/**
 * The mixture of channels that a reference means.
 * @param exclude channels that a mean leaves out (bad electrodes); the mean is taken off them all the same
 * @throws ConfigError when a channel is not there, no channel is left for a mean, or the matrix has another width
 */
export function referenceMatrix(
  reference: Reference,
  info: Pick<StreamInfo, 'shape' | 'channelInfo'>,
  { exclude, subject }: { exclude: readonly (number | string)[]; subject: string }
): Mixture {
  const names = channelNamesOf(info)
  const place = (channel: number | string, option: string) => findChannel(info, channel, { subject, option })
  if (typeof reference === 'object' && 'bipolar' in reference) {
    const pairs = reference.bipolar.map(
      (pair) => pair.map((channel) => place(channel, 'reference.bipolar')) as [number, number]
    )
    return {
      rows: pairs.map(([plus, minus]) => {
        const row = new Float64Array(names.length)
        row[plus]! += 1
        row[minus]! -= 1
        return row
      }),
      names: pairs.map(([plus, minus]) => `${names[plus]}-${names[minus]}`)
    }
  }
  if (typeof reference === 'object' && 'matrix' in reference) return givenMatrix(reference, names, subject)
  const all = [...names.keys()]
  const left = exclude.map((channel) => place(channel, 'exclude'))
  const chosen = reference === 'average' ? all : reference.linked.map((channel) => place(channel, 'reference.linked'))
  const mean = chosen.filter((channel) => !left.includes(channel))
  if (mean.length === 0)
    throw new ConfigError(subject, ["'exclude': expected to leave a channel for the mean, got all"])
  const rows = all.map((channel) => {
    const row = new Float64Array(names.length)
    row[channel] = 1
    for (const other of mean) row[other]! -= 1 / mean.length
    return row
  })
  return { rows, names }
}

function givenMatrix(
  { matrix, names: own }: { matrix: readonly (readonly number[])[]; names?: readonly string[] | undefined },
  names: readonly string[],
  subject: string
): Mixture {
  for (const [at, row] of matrix.entries()) {
    if (row.length === names.length) continue
    throw new ConfigError(subject, [
      `'reference.matrix': expected ${names.length} numbers in each row, one per channel, got ${row.length} in row ${at}`
    ])
  }
  if (own !== undefined && own.length !== matrix.length) {
    throw new ConfigError(subject, [
      `'reference.names': expected ${matrix.length} names, one per row of the matrix, got ${own.length}`
    ])
  }
  return { rows: matrix.map((row) => Float64Array.from(row)), names: own ?? matrix.map((_, at) => `mix${at}`) }
}
