import type { SampleFile } from '../files/SampleFile.ts'

export interface ConversionOptions {
  /** Names of the streams to convert; default all that the format can hold. */
  readonly streams?: readonly string[]
  /** Replace files that are there. */
  readonly force?: boolean
  /** Told how much is done, from 0 to 1. */
  readonly progress?: (fraction: number) => void
}

/** What became of one stream. */
export interface StreamConversion {
  readonly stream: string
  /** Every sample is in the result as it was. */
  readonly isExact: boolean
  /** Where numbers are rounded: the step from one to the next, in the unit of the channel, the coarsest of all channels. */
  readonly step: number
  /** Greatest relative error of a gain as the format can say it. */
  readonly relativeGainError: number
  /** Samples outside what the format can hold, set to its limit. */
  readonly clipped: number
  /** Samples that are no number, written as missing. */
  readonly notFinite: number
  readonly gaps: number
  /** Samples that are missing and were filled. */
  readonly filled: number
  /** Names of channels that the format cannot hold, and what they are called now. */
  readonly renamed: Readonly<Record<string, string>>
  /** Units that changed, by channel. */
  readonly unitsChanged: Readonly<Record<string, string>>
}

export interface ConversionReport {
  readonly source: string
  readonly target: string
  /** Files that were made. */
  readonly files: readonly string[]
  readonly streams: readonly StreamConversion[]
  readonly events: number
  /** What the format cannot hold and is not in the result, one sentence each. */
  readonly dropped: readonly string[]
}

/** A format that recordings are converted to. */
export interface ConversionTarget {
  /** One sentence for lists. */
  readonly description: string
  /** Of the first file, with the dot. */
  readonly extension: string
  /** Every file that is made for the path of the first. */
  readonly filesOf: (path: string) => readonly string[]
  readonly write: (source: SampleFile, path: string, options: ConversionOptions) => Promise<ConversionReport>
}
