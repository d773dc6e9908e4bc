import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { tempFolder } from 'testing'
import { describe, expect, test } from 'vitest'
import { exportRecording } from '../../src/convert/exportRecording.ts'
import { exportTargets } from '../../src/convert/exportTargets.ts'
import { convertRecording, openSampleFile } from '../../src/index.ts'
import { arbitraryStream } from './arbitraryStream.ts'
import { checkBids } from './checkBids.ts'
import { memoryRecording, type MemoryStream } from './memoryRecording.ts'

const target = exportTargets['bids']!
const SET = { subject: '01', task: 'rest', reference: 'Cz', powerLineFrequency: 50 }
const range = (count: number, value: (k: number) => number) => Array.from({ length: count }, (_, k) => value(k))

/** 1 s with 0.2 s missing at 0.5 s. */
const EEG: MemoryStream = {
  name: 'eeg',
  dtype: 'int16',
  sampleRate: 100,
  channels: [
    { name: 'C3', unit: 'uV', gain: 0.5 },
    { name: 'a\tb\nµ', unit: 'µV', gain: 0.5 },
    { name: 'VEOG', unit: 'uV', gain: 0.5 },
    { name: 'Temp', unit: 'degC', gain: 0.5 }
  ],
  segments: [
    { index: 0, values: range(200, (k) => k) },
    { index: 70, values: range(120, (k) => k) }
  ],
  cause: 'device'
}
const EVENTS = [
  { index: 10, duration: 0, label: 'go\tleft', value: 7 },
  { index: 80, duration: 5, label: '', value: 3 }
]
const START = BigInt(Date.UTC(2024, 2, 2, 10, 20, 30, 125)) * 1_000_000n
const SOURCE = memoryRecording([EEG], EVENTS, START)
const lines = async (path: string): Promise<string[]> => (await readFile(path, 'utf8')).trimEnd().split('\n')

describe('BIDS', () => {
  test.each(['brainvision', 'edf', 'bdf'])('a dataset of %s: data, tables, lists', async (format) => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'ds')
    const set = {
      ...SET,
      session: 'a1',
      run: '2',
      format,
      age: 30,
      sex: 'F',
      manufacturer: 'x',
      types: { Temp: 'TEMP' }
    }
    const report = await exportRecording(SOURCE, path, { target, set })
    expect(report.streams).toMatchObject([
      { isExact: true, renamed: { 'a\tb\nµ': expect.stringMatching(/^a b/) as unknown } }
    ])
    expect(await checkBids(path)).toEqual([])
    const base = join(path, 'sub-01/ses-a1/eeg/sub-01_ses-a1_task-rest_run-02')
    expect(await lines(`${base}_events.tsv`)).toEqual([
      'onset\tduration\ttrial_type\tvalue\tsample\tnote',
      '0.1\t0\tgo left\t7\t10\tn/a',
      '0.5\t0.2\tBAD_gap\tn/a\t50\tlost 20 samples: device',
      '0.8\t0.05\tn/a\t3\t80\tn/a'
    ])
    expect((await lines(`${base}_channels.tsv`)).map((line) => line.split('\t')[1])).toEqual([
      'type',
      'EEG',
      'EEG',
      'VEOG',
      'TEMP'
    ])
    expect(JSON.parse(await readFile(`${base}_eeg.json`, 'utf8'))).toMatchObject({
      TaskName: 'rest',
      EEGReference: 'Cz',
      SamplingFrequency: 100,
      PowerLineFrequency: 50,
      SoftwareFilters: 'n/a',
      RecordingType: 'continuous',
      RecordingDuration: 1,
      EEGChannelCount: 2,
      EOGChannelCount: 1,
      MiscChannelCount: 1,
      Manufacturer: 'x'
    })
    const scans = await lines(join(path, 'sub-01/ses-a1/sub-01_ses-a1_scans.tsv'))
    const data = `eeg/sub-01_ses-a1_task-rest_run-02_eeg.${format === 'brainvision' ? 'vhdr' : format}`
    expect(scans).toEqual(['filename\tacq_time', `${data}\t2024-03-02T10:20:30.125000`])
    expect(await lines(join(path, 'participants.tsv'))).toEqual(['participant_id\tage\tsex', 'sub-01\t30\tF'])
  })

  test('native: what follows a gap is at its row, and the file is called discontinuous', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'ds')
    await exportRecording(SOURCE, path, { target, gaps: 'native', set: SET })
    expect(await checkBids(path)).toEqual([])
    const base = join(path, 'sub-01/eeg/sub-01_task-rest')
    expect(await lines(`${base}_events.tsv`)).toEqual([
      'onset\tduration\ttrial_type\tvalue\tsample\tnote',
      '0.1\t0\tgo left\t7\t10\tn/a',
      '0.5\tn/a\tgap\tn/a\t50\tlost 20 samples: device',
      '0.6\t0.05\tn/a\t3\t60\tn/a'
    ])
    expect(JSON.parse(await readFile(`${base}_eeg.json`, 'utf8'))).toMatchObject({
      RecordingType: 'discontinuous',
      RecordingDuration: 0.8
    })
  })

  test('split: a run for each stretch without a gap', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'ds')
    await exportRecording(SOURCE, path, { target, gaps: 'split', set: SET })
    expect(await checkBids(path)).toEqual([])
    const scans = await lines(join(path, 'sub-01/sub-01_scans.tsv'))
    expect(scans.slice(1)).toEqual([
      'eeg/sub-01_task-rest_eeg.vhdr\t2024-03-02T10:20:30.125000',
      'eeg/sub-01_task-rest_run-02_eeg.vhdr\t2024-03-02T10:20:30.825000'
    ])
  })

  test('further runs and subjects are added; nothing that is there changes', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'ds')
    await exportRecording(SOURCE, path, { target, set: { ...SET, run: 1, age: 30 } })
    await writeFile(join(path, 'participants.tsv'), 'participant_id\tage\thand\nsub-01\t30\tleft\n')
    await writeFile(join(path, 'README'), 'mine')
    await exportRecording(SOURCE, path, { target, set: { ...SET, run: 2 } })
    await exportRecording(SOURCE, path, { target, set: { ...SET, subject: '02', sex: 'M' } })
    expect(await checkBids(path)).toEqual([])
    expect(await readFile(join(path, 'README'), 'utf8')).toBe('mine')
    expect(await lines(join(path, 'participants.tsv'))).toEqual([
      'participant_id\tage\thand\tsex',
      'sub-01\t30\tleft\tn/a',
      'sub-02\tn/a\tn/a\tM'
    ])
    expect((await lines(join(path, 'sub-01/sub-01_scans.tsv'))).length).toBe(3)
    const again = exportRecording(SOURCE, path, { target, set: { ...SET, run: 2 } })
    await expect(again).rejects.toThrow(/EEXIST|exists/)
    const older = exportRecording(SOURCE, path, { target, set: { ...SET, run: 3, age: 31 } })
    await expect(older).rejects.toThrow(/age of sub-01 is 30 there, not 31/)
    expect(await checkBids(path)).toEqual([])
  })

  test.each([
    [{ task: 'rest', reference: 'Cz', powerLineFrequency: 50 }, /subject: expected it, such as subject=01/],
    [{ ...SET, subject: '0_1' }, /subject: expected letters and digits only/],
    [{ subject: '01', task: 'rest', powerLineFrequency: 50 }, /reference: expected the reference of the electrodes/],
    [{ subject: '01', task: 'rest', reference: 'Cz' }, /powerLineFrequency: expected the frequency of the mains/],
    [{ ...SET, datatype: 'emg', format: 'brainvision' }, /format: expected edf or bdf for emg/],
    [{ ...SET, datatype: 'ieeg', format: 'bdf' }, /format: expected brainvision or edf for ieeg/],
    [{ ...SET, types: { C3: 'eeg' } }, /types\.C3/]
  ])('options %j are refused', async (set, message) => {
    await using folder = await tempFolder()
    await expect(exportRecording(SOURCE, join(folder.path, 'ds'), { target, set })).rejects.toThrow(message)
    expect(await readdir(folder.path)).toEqual([])
  })

  test('a folder with other things is no dataset', async () => {
    await using folder = await tempFolder()
    await writeFile(join(folder.path, 'thesis.txt'), 'precious')
    await expect(exportRecording(SOURCE, folder.path, { target, set: SET })).rejects.toThrow(
      /not empty.*it is no dataset/
    )
    expect(await readdir(folder.path)).toEqual(['thesis.txt'])
  })

  test('several streams: one file with all rates, or files of their own', async () => {
    await using folder = await tempFolder()
    const slow: MemoryStream = {
      name: 'resp 1',
      dtype: 'float32',
      sampleRate: 10,
      channels: [{ name: 'Resp', unit: 'mV' }],
      segments: [{ index: 0, values: range(13, Math.sin) }]
    }
    const source = memoryRecording([EEG, slow], EVENTS, START)
    for (const format of ['edf', 'brainvision']) {
      const path = join(folder.path, format)
      await exportRecording(source, path, { target, set: { ...SET, format, datatype: 'ieeg' } })
      expect(await checkBids(path)).toEqual([])
    }
    const names = await readdir(join(folder.path, 'brainvision/sub-01/ieeg'))
    expect(names.filter((name) => name.endsWith('.vhdr'))).toEqual([
      'sub-01_task-rest_acq-resp1_ieeg.vhdr',
      'sub-01_task-rest_ieeg.vhdr'
    ])
  })

  test('the recording itself is copied, with what the format could not say; --force replaces one run only', async () => {
    await using folder = await tempFolder()
    const source = join(folder.path, 'rec.edf')
    await exportRecording(SOURCE, source, { target: exportTargets['edf']! })
    const path = join(folder.path, 'ds')
    const to = 'bids'
    for (const run of [1, 2]) await convertRecording(source, path, { to, set: { ...SET, run } })
    await expect(convertRecording(source, path, { to, set: { ...SET, run: 2 } })).rejects.toThrow(/exists already/)
    await convertRecording(source, path, { to, force: true, set: { ...SET, run: 2 } })
    expect(await checkBids(path)).toEqual([])
    const copies = await readdir(join(path, 'sourcedata/sub-01'))
    expect(copies).toEqual(
      expect.arrayContaining(['sub-01_task-rest_run-02.nodeacq.json', 'sub-01_task-rest_run-02.edf'])
    )
    const sidecar = JSON.parse(
      await readFile(join(path, 'sourcedata/sub-01/sub-01_task-rest_run-02.nodeacq.json'), 'utf8')
    ) as object
    expect(sidecar).toMatchObject({
      streams: { signals: { received: 100 } },
      conversion: { target: 'bids' }
    })
  })

  test('whatever is written is read back as the report says', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryStream('a'), async (made) => {
        await using folder = await tempFolder()
        const source = memoryRecording([made])
        const path = join(folder.path, 'ds')
        const { streams } = await exportRecording(source, path, { target, set: SET })
        expect(await checkBids(path)).toEqual([])
        await using file = await openSampleFile(join(path, 'sub-01/eeg/sub-01_task-rest_eeg.vhdr'))
        const [stream] = source.streams
        const missing = stream!.gaps.reduce((sum, { from, to }) => sum + to - from, 0)
        expect(file.streams[0]!.sampleCount).toBe(stream!.sampleCount + missing)
        expect(streams[0]!.gaps).toMatchObject({ count: stream!.gaps.length, samples: missing })
      }),
      { numRuns: 5 }
    )
  })

  test('the checks see what the old validator does not', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'ds')
    await exportRecording(SOURCE, path, { target, set: SET })
    const base = join(path, 'sub-01/eeg/sub-01_task-rest')
    for (const suffix of ['_channels.tsv', '_eeg.json']) {
      await rename(`${base}${suffix}`, `${base}.gone`)
      expect(await checkBids(path)).toContainEqual(expect.stringContaining(`${suffix} is missing`))
      await rename(`${base}.gone`, `${base}${suffix}`)
    }
    const header = await readFile(`${base}_eeg.vhdr`, 'utf8')
    await mkdir(join(folder.path, 'other'))
    await writeFile(`${base}_eeg.vhdr`, header.replace('MarkerFile=sub', 'MarkerFile=sob'))
    expect(await checkBids(path)).toContainEqual(expect.stringContaining('MarkerFile of sub-01'))
    await rm(join(path, 'participants.tsv'))
    expect(await checkBids(path)).toContainEqual(expect.stringContaining('participants.tsv is missing'))
  })
})
