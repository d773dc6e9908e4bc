import { join } from 'node:path'
import type { BidsOptions } from './options.ts'

/** Where a recording is in a dataset. */
export interface BidsNames {
  /** `sub-01/ses-01` */
  readonly session: string
  /** `sub-01_ses-01` */
  readonly prefix: string
  /** Folder of the data. */
  readonly folder: string
  /** Path of all files of the recording up to `_eeg.json`, `_channels.tsv` … */
  readonly base: string
  /** Copy of what the recording was made of, without extension. */
  readonly source: string
}

/**
 * @param path of the dataset
 * @param part which of several parts of a recording, from 1: each is a run of its own
 * @param acquisition overrides that of the options
 */
export function bidsNames(
  path: string,
  options: BidsOptions,
  { part = 1, acquisition = options.acquisition }: { part?: number | undefined; acquisition?: string | undefined } = {}
): BidsNames {
  const { subject, session, task, run, datatype } = options
  const about = (number: number | undefined, acq: string | undefined): string =>
    [
      `task-${task}`,
      ...(acq === undefined ? [] : [`acq-${acq}`]),
      ...(number === undefined ? [] : [`run-${String(number).padStart(2, '0')}`])
    ].join('_')
  const place = session === undefined ? `sub-${subject}` : `sub-${subject}/ses-${session}`
  const prefix = place.replace('/', '_')
  const number = part === 1 ? run : (run ?? 1) + part - 1
  const folder = join(path, place, datatype)
  return {
    session: place,
    prefix,
    folder,
    base: join(folder, `${prefix}_${about(number, acquisition)}`),
    source: join(path, 'sourcedata', place, `${prefix}_${about(run, options.acquisition)}`)
  }
}
