import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { openSampleFile } from '../../src/index.ts'
import { CHANNEL_TYPES } from '../../src/convert/bids/options.ts'

const DATA =
  /^(sub-[0-9A-Za-z]+)(_ses-[0-9A-Za-z]+)?_task-[0-9A-Za-z]+(_acq-[0-9A-Za-z]+)?(_run-\d+)?_(eeg|ieeg|emg)\.(vhdr|edf|bdf)$/
const REQUIRED = { eeg: 'EEGReference', ieeg: 'iEEGReference', emg: 'EMGReference' }

/**
 * What is wrong with a dataset, one sentence each. It looks at what the old validator does not: tables and JSON of each recording that
 * are missing or disagree with the data file, names in a BrainVision triple, columns, and lists that do not name what is there.
 */
export async function checkBids(path: string): Promise<string[]> {
  const problems: string[] = []
  const json = async (file: string): Promise<Record<string, unknown>> => {
    if (existsSync(file)) return JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
    problems.push(`${file} is missing`)
    return {}
  }
  const table = async (file: string): Promise<{ columns: string[]; rows: string[][] } | undefined> => {
    if (!existsSync(file)) return void problems.push(`${file} is missing`)
    const text = await readFile(file, 'utf8')
    if (!text.endsWith('\n')) problems.push(`${file} does not end with a line`)
    const [columns = [], ...rows] = text
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'))
    if (rows.some((row) => row.length !== columns.length))
      problems.push(`${file} has lines of other lengths than its first`)
    if (rows.flat().includes('')) problems.push(`${file} has an empty cell`)
    return { columns, rows }
  }
  const description = await json(join(path, 'dataset_description.json'))
  if (typeof description['Name'] !== 'string' || typeof description['BIDSVersion'] !== 'string')
    problems.push('no Name or BIDSVersion')
  if (!existsSync(join(path, 'README'))) problems.push('README is missing')
  const participants = await table(join(path, 'participants.tsv'))
  if (participants?.columns[0] !== 'participant_id')
    problems.push('participants.tsv does not begin with participant_id')
  const files = (await readdir(path, { recursive: true })).filter((file) => !file.startsWith('sourcedata'))
  const subjects = new Set(participants?.rows.map(([id]) => id))
  for (const file of files.filter((each) => /\.(vhdr|edf|bdf)$/.test(each))) {
    const match = DATA.exec(basename(file))
    if (match === null) {
      problems.push(`${file} has no name of BIDS`)
      continue
    }
    const [, subject = '', session = '', , , type = 'eeg'] = match
    const datatype = type as keyof typeof REQUIRED
    const base = join(path, file).replace(/_[a-z]+\.\w+$/, '')
    if (!subjects.has(subject)) problems.push(`participants.tsv does not name ${subject}`)
    if (basename(dirname(file)) !== datatype) problems.push(`${file} is not in the folder of its datatype`)
    const about = await json(`${base}_${datatype}.json`)
    for (const key of [
      'TaskName',
      REQUIRED[datatype],
      'SamplingFrequency',
      'PowerLineFrequency',
      'SoftwareFilters',
      'RecordingType'
    ]) {
      if (about[key] === undefined) problems.push(`${base}_${datatype}.json has no ${key}`)
    }
    await using data = await openSampleFile(join(path, file))
    const channels = await table(`${base}_channels.tsv`)
    if (channels?.columns.slice(0, 5).join() !== 'name,type,units,low_cutoff,high_cutoff')
      problems.push(`columns of ${base}_channels.tsv`)
    const names = data.streams.flatMap(({ channelInfo }) => channelInfo.map(({ name }) => name))
    if (channels?.rows.map(([name]) => name).join('\n') !== names.join('\n')) {
      problems.push(
        `${base}_channels.tsv names ${String(channels?.rows.map(([name]) => name))}, the file ${String(names)}`
      )
    }
    const types: readonly string[] = CHANNEL_TYPES
    if (channels?.rows.some(([, type]) => !types.includes(type!)) === true)
      problems.push(`types of ${base}_channels.tsv`)
    const longest = Math.max(...data.streams.map(({ sampleCount, sampleRate }) => sampleCount / sampleRate))
    // The last record of EDF may be longer than what was recorded.
    if (Number(about['RecordingDuration']) > longest + 1e-9)
      problems.push(`${base}: RecordingDuration ${String(about['RecordingDuration'])} is not ${longest}`)
    if (existsSync(`${base}_events.tsv`)) {
      const events = await table(`${base}_events.tsv`)
      if (events?.columns.slice(0, 2).join() !== 'onset,duration') problems.push(`columns of ${base}_events.tsv`)
      const described = await json(`${base}_events.json`)
      for (const column of events?.columns ?? [])
        if (described[column] === undefined) problems.push(`${base}_events.json says nothing of ${column}`)
    }
    if (file.endsWith('.vhdr')) {
      const text = await readFile(join(path, file), 'utf8')
      for (const key of ['DataFile', 'MarkerFile']) {
        const name = new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]?.trim() ?? ''
        if (!existsSync(join(path, dirname(file), name)) || !name.startsWith(basename(file, '.vhdr')))
          problems.push(`${key} of ${file} is ${name}`)
      }
    }
    const place = join(path, subject, session.slice(1))
    const scans = await table(join(place, `${subject}${session}_scans.tsv`))
    if (scans?.rows.some(([name]) => join(place, name!) === join(path, file)) !== true)
      problems.push(`scans.tsv does not name ${file}`)
  }
  return problems
}
