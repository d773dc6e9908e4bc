import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { NdArray } from '@nodeacq/ndarray'
import { convertRecording, type GapMode } from '@nodeacq/nodes'
import { tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { runPython } from './python.ts'
import { recordLog } from './recordLog.ts'

/** The old validator (npm bids-validator 1.15) with all it needs takes 700 MB: it is run where it is there already. */
const VALIDATOR = process.env['NODEACQ_BIDS_VALIDATOR']

const COMMON = { task: 'rest', reference: 'Cz', powerLineFrequency: 50, authors: 'A. One,B. Two' }

/** 1 to 1.3 s are missing. */
async function dataset(folder: string): Promise<{ path: string; data: string[] }> {
  const log = join(folder, 'session.mcap')
  const channelInfo = ['C3', 'VEOG', 'Trigger'].map((name) => ({ name, unit: 'uV', gain: 0.5 }))
  const chunk = (from: number, to: number) => ({
    data: NdArray.from(
      Array.from({ length: to - from }, (_, k) => [from + k, -(from + k), 1]),
      'int16'
    ),
    index: to
  })
  const raw = {
    stream: { dtype: 'int16', shape: [-1, 3], sampleRate: 500, channelInfo },
    chunks: [chunk(0, 500), chunk(650, 1100)]
  }
  await recordLog(log, { raw }, [
    { index: 250, label: 'Stimulus/S  7', value: 7 },
    { index: 700, label: 'µ go', duration: 50 }
  ])
  const path = join(folder, 'dataset')
  const data: string[] = []
  const add = async (gaps: GapMode, set: object): Promise<void> => {
    const { files } = await convertRecording(log, path, { to: 'bids', gaps, set: { ...COMMON, ...set } })
    data.push(...files.filter((file) => /_i?eeg\.(vhdr|edf|bdf)$/.test(file)))
  }
  await add('fill', { subject: '01', run: 1, age: 30, sex: 'F' })
  await add('native', { subject: '01', run: 2 })
  await add('split', { subject: '01', run: 3 })
  await add('fill', { subject: '01', session: 'a', format: 'bdf' })
  await add('fill', { subject: '02', datatype: 'ieeg', format: 'edf', types: { C3: 'ECOG' } })
  return { path, data }
}

test('MNE-BIDS reads every run of a dataset: samples, types, events, gaps', async () => {
  await using folder = await tempFolder()
  const { path, data } = await dataset(folder.path)
  const runs = (await runPython('read_bids.py', [path, ...data])).map((line) => JSON.parse(line) as object)
  const common = { subjects: ['01', '02'], names: ['C3', 'VEOG', 'Trigger'], rate: 500, line: 50 }
  const eeg = { ...common, types: ['eeg', 'eog', 'stim'] }
  const events = [
    [0.5, 0, 'Stimulus/S  7'],
    [1, 0.3, 'BAD_gap'],
    [1.4, 0.1, 'µ go']
  ]
  const padded = [...events, [2.2, 0.8, 'BAD_padding']]
  expect(runs).toMatchObject([
    { ...eeg, samples: 1100, left: 950, annotations: events },
    {
      ...eeg,
      samples: 950,
      annotations: [
        [0.5, 0, 'Stimulus/S  7'],
        [1, 0, 'gap'],
        [1.1, 0.1, 'µ go']
      ]
    },
    { ...eeg, samples: 500, annotations: [[0.5, 0, 'Stimulus/S  7']] },
    { ...eeg, samples: 450, first: [325.5, -325.5, expect.anything()], annotations: [[0.1, 0.1, 'µ go']] },
    { ...eeg, samples: 1500, left: 950, annotations: padded },
    { ...common, types: ['ecog', 'eog', 'stim'], samples: 1500, left: 950, annotations: padded }
  ])
})

test.skipIf(VALIDATOR === undefined)('bids-validator finds no error', async () => {
  await using folder = await tempFolder()
  const { path } = await dataset(folder.path)
  // Errors that it finds make it fail.
  const run = promisify(execFile)(process.execPath, [VALIDATOR!, path, '--json'])
  const { stdout } = await run.catch((error: unknown) => error as { stdout: string })
  const { issues } = JSON.parse(stdout) as { issues: { errors: unknown[]; warnings: { key: string }[] } }
  expect(issues.errors).toEqual([])
  // Subjects of this dataset have different files.
  const expected = ['INCONSISTENT_SUBJECTS', 'MISSING_SESSION']
  expect(issues.warnings.map(({ key }) => key).filter((key) => !expected.includes(key))).toEqual([])
})

if (VALIDATOR === undefined) console.log('skipped: bids-validator: NODEACQ_BIDS_VALIDATOR does not name its program')
