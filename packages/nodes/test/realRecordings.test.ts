import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openSampleFile, type RecordedStream, type Units } from '../src/index.ts'

/** EEG test files of MNE-Python (mne/io/{edf,brainvision}/tests/data), which are not part of this project. */
const root = process.env['NODEACQ_TEST_DATA']
const folder =
  root === undefined ? undefined : [join(root, 'eeg'), root].find((path) => existsSync(join(path, 'test.edf')))
if (folder === undefined) {
  process.stderr.write(
    'real recordings: skipped; set NODEACQ_TEST_DATA to a folder with test.edf, test.bdf and test.vhdr of MNE-Python\n'
  )
}

async function hash(stream: RecordedStream, units: Units): Promise<string> {
  const sha256 = createHash('sha256')
  for (let row = 0; row < stream.sampleCount; row += 999) {
    sha256.update((await stream.read(row, Math.min(row + 999, stream.sampleCount), units)).bytes())
  }
  return sha256.digest('hex')
}

// Hashes of the arrays (samples, channels) that edfio 0.4.18 and numpy give (digital), and MNE 1.13 in the files' own units.
describe.skipIf(folder === undefined)('real recordings', () => {
  test('EDF+C, 139 channels', async () => {
    await using file = await openSampleFile(join(folder!, 'test.edf'))
    const [stream] = file.streams
    expect([file.format, file.startTime, file.warnings]).toEqual(['EDF+C', '2014-04-29T22:19:44', []])
    expect([stream!.channelCount, stream!.sampleRate, stream!.sampleCount]).toEqual([139, 512, 3072])
    expect(await hash(stream!, 'digital')).toBe('4e08373b97ca46ee3ca69a2f62288953bab0a61c3dd42c8eaee0ff0b33819a4f')
    expect(await hash(stream!, 'physical')).toBe('b4ce9c1504210414cbaab6f3cdb4ecc439045b245eb0ffd9d51b850b11cc0dd9')
    expect((await file.events()).map(({ index, duration, label }) => [index, duration, label])).toEqual([
      [0, 0, 'start'],
      [69, 131, 'type A'],
      [200, 512, 'type A'],
      [1024, 0, 'type B'],
      [1280, 1280, 'type A']
    ])
  })

  test('BDF, 73 channels with Status', async () => {
    await using file = await openSampleFile(join(folder!, 'test.bdf'))
    const [stream] = file.streams
    expect([file.format, stream!.channelCount, stream!.sampleRate, stream!.sampleCount]).toEqual([
      'BDF',
      73,
      2048,
      2048
    ])
    expect(await hash(stream!, 'digital')).toBe('74657c6146e8311fa1acc70e9f5b58004cc9956c47bd1641375e00d004d7179d')
    expect(await hash(stream!, 'physical')).toBe('d187ef85e9748355f0deb90fd3288b121abf71eff21cc47078d628c2c4218ff7')
    expect(await file.events()).toEqual([{ index: 589, duration: 21, label: '128', value: 128 }])
  })

  test('BrainVision, 32 channels', async () => {
    await using file = await openSampleFile(join(folder!, 'test.vhdr'))
    const [stream] = file.streams
    expect([stream!.channelCount, stream!.sampleRate, stream!.sampleCount]).toEqual([32, 1000, 7900])
    expect(await hash(stream!, 'digital')).toBe('0023a682b3291e095acb593472eb06d00e630c7abcfabad5ebc3ef46faafe850')
    expect(await hash(stream!, 'physical')).toBe('10651f8a7d58dae18d31dbe0723fab1785e9460d56876b57bfb294cee95a9eb5')
    expect(stream!.channelInfo.slice(0, 3).map(({ name, unit }) => [name, unit])).toEqual([
      ['FP1', 'µV'],
      ['FP2', 'µV'],
      ['F3', 'µV']
    ])
    expect((await file.events()).map(({ index, label }) => [index, label])).toEqual([
      [0, 'New Segment/'],
      [486, 'Stimulus/S253'],
      [496, 'Stimulus/S255'],
      [1769, 'Event/254'],
      [1779, 'Stimulus/S255'],
      [3252, 'Event/254'],
      [3262, 'Stimulus/S255'],
      [4935, 'Stimulus/S253'],
      [4945, 'Stimulus/S255'],
      [5999, 'Response/R255'],
      [6619, 'Event/254'],
      [6629, 'Stimulus/S255'],
      [7629, 'SyncStatus/Sync On'],
      [7699, 'Optic/O  1']
    ])
  })
})
