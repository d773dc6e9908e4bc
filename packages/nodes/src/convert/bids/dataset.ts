/** Files that all recordings of a dataset share. What is there stays; a recording adds to it. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { readJson } from '../../files/readJson.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import { replaceFile } from '../../files/output/replaceFile.ts'
import type { BidsOptions } from './options.ts'
import { cell, mergeRow, parseTsv, tsvText, type Table } from './tsv.ts'

const BIDS_VERSION = '1.10.0'
const DESCRIPTION = 'dataset_description.json'

const description = z.looseObject({ Name: z.string(), BIDSVersion: z.string() })

/** @throws RecorderError where the folder holds something else, or says otherwise of the subject */
export async function checkDataset(path: string, options: BidsOptions): Promise<void> {
  if (!existsSync(path)) return
  const names = await readdir(path)
  if (names.length === 0) return
  if (!names.includes(DESCRIPTION)) {
    throw new RecorderError(path, `the folder is not empty, and has no ${DESCRIPTION}: it is no dataset`)
  }
  const { success } = description.safeParse(await readJson(join(path, DESCRIPTION)))
  if (!success) throw new RecorderError(join(path, DESCRIPTION), 'expected Name and BIDSVersion')
  const { columns, rows } = await readTable(join(path, 'participants.tsv'), ['participant_id'])
  const known = rows.find(([id]) => id === `sub-${options.subject}`)
  for (const [name, value] of Object.entries(aboutSubject(options))) {
    const said = known?.[columns.indexOf(name)]
    if (said !== undefined && said !== 'n/a' && said !== value && name !== 'participant_id') {
      throw new RecorderError(
        join(path, 'participants.tsv'),
        `${name} of sub-${options.subject} is ${said} there, not ${value}`
      )
    }
  }
}

/** Puts a recording into the lists of the dataset, and makes what a dataset must have. */
export async function addToDataset(
  path: string,
  options: BidsOptions,
  recording: { session: string; prefix: string; file: string; acquired: string | undefined }
): Promise<void> {
  const put = async (name: string, content: () => string): Promise<void> => {
    if (!existsSync(join(path, name))) await replaceFile(join(path, name), content())
  }
  const json = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`
  await put(DESCRIPTION, () =>
    json({
      Name: options.name ?? basename(path),
      BIDSVersion: BIDS_VERSION,
      DatasetType: 'raw',
      ...(options.license !== undefined && { License: options.license }),
      Authors: options.authors ?? [],
      GeneratedBy: [{ Name: 'nodeacq' }]
    })
  )
  const readmes = (await readdir(path)).filter((name) => /^README(\.(md|rst|txt))?$/.test(name))
  if (readmes.length === 0) await put('README', () => README)
  await put('participants.json', () =>
    json({
      age: { Description: 'age of the participant', Units: 'year' },
      sex: { Description: 'sex of the participant', Levels: { F: 'female', M: 'male', O: 'other' } }
    })
  )
  await mergeTable(join(path, 'participants.tsv'), ['participant_id'], aboutSubject(options))
  const scans = join(path, recording.session, `${recording.prefix}_scans.tsv`)
  await mkdir(join(path, recording.session), { recursive: true })
  await mergeTable(scans, ['filename', 'acq_time'], { filename: recording.file, acq_time: cell(recording.acquired) })
}

const README = `Recordings in the Brain Imaging Data Structure, written by nodeacq.

Each recording has its samples, a JSON file that says how they were recorded, a table of channels, and a table of events. What was
lost is in the table of events. sourcedata holds the recordings that these were made of, and for each a file .nodeacq.json that says
what the format could not hold: gaps with their causes, what was rounded, clipped or renamed.
`

function aboutSubject({ subject, age, sex }: BidsOptions): Record<string, string> {
  return {
    participant_id: `sub-${subject}`,
    ...(age !== undefined && { age: String(age) }),
    ...(sex !== undefined && { sex })
  }
}

async function readTable(path: string, columns: readonly string[]): Promise<Table> {
  return existsSync(path) ? parseTsv(await readFile(path, 'utf8')) : { columns, rows: [] }
}

async function mergeTable(
  path: string,
  columns: readonly string[],
  row: Readonly<Record<string, string>>
): Promise<void> {
  const table = await readTable(path, columns)
  if (table.columns[0] !== columns[0]) {
    throw new RecorderError(path, `expected the first column to be ${columns[0]}, got ${table.columns[0] ?? 'nothing'}`)
  }
  await replaceFile(path, tsvText(mergeRow(table, row)))
}
