import type { GapMode } from './Exporter.ts'

export interface ConversionOptions {
  /** Names of the streams to convert; default all that the format can hold. */
  readonly streams?: readonly string[]
  /** Replace files that are there. */
  readonly force?: boolean
  /** How gaps are shown; default what suits the readers of the format. */
  readonly gaps?: GapMode
  /** Options of the format. */
  readonly set?: Readonly<Record<string, unknown>>
  /** Told how much is done, from 0 to 1. */
  readonly progress?: (fraction: number) => void
}

/** What became of one stream. */
export interface StreamConversion {
  readonly stream: string
  /** Every sample is in the result as it was. */
  readonly isExact: boolean
  /** Where numbers are rounded, in the unit of the channel, the coarsest of all channels; both 0 where they are not. */
  readonly rounding: { readonly step: number; readonly maxError: number }
  /** Greatest relative error of a gain as the format can say it. */
  readonly relativeGainError: number
  /** Samples outside what the format can hold, set to its limit: how many, index of the first, farthest in the unit. */
  readonly clipped: { readonly count: number; readonly firstIndex?: number | undefined; readonly maxExcess: number }
  /** Samples that are no number, written as missing. */
  readonly notFinite: number
  /** Names of channels that the format cannot hold, and what they are called now. */
  readonly renamed: Readonly<Record<string, string>>
  /** Units that changed, by channel. */
  readonly unitsChanged: Readonly<Record<string, string>>
  /** How many there are, and the samples that are missing in them. */
  readonly gaps: { readonly mode: GapMode; readonly count: number; readonly samples: number }
  /** What the format cannot say of this stream, one sentence each. */
  readonly dropped: readonly string[]
}

/** A stream that went through unchanged, but for what `changes` says. */
export function streamConversion(stream: string, changes: Partial<StreamConversion> = {}): StreamConversion {
  return {
    stream,
    isExact: true,
    rounding: { step: 0, maxError: 0 },
    relativeGainError: 0,
    clipped: { count: 0, maxExcess: 0 },
    notFinite: 0,
    renamed: {},
    unitsChanged: {},
    gaps: { mode: 'fill', count: 0, samples: 0 },
    dropped: [],
    ...changes
  }
}

export interface ConversionReport {
  readonly source: string
  /** Name of the format, as in `--to edf`. */
  readonly target: string
  /** Files that were made. */
  readonly files: readonly string[]
  readonly streams: readonly StreamConversion[]
  readonly events: number
  /** What the format cannot hold and is not in the result, one sentence each. */
  readonly dropped: readonly string[]
}
