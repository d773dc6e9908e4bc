import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSampleFile, RecordingFileError } from '../src/index.ts'

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/brainvision/${name}`, import.meta.url))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodeacq-bv-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('BrainVision', () => {
  test('int16 with resolution, escaped comma and reference', async () => {
    await using file = await openSampleFile(fixture('gap_int16.vhdr'))
    expect(file.warnings).toEqual([])
    expect(file.startTime).toBe('2024-03-02T10:20:30.125')
    const [stream] = file.streams
    expect([stream!.name, stream!.sampleRate, stream!.sampleCount, stream!.dtype.name]).toEqual([
      'signals',
      1000,
      40,
      'int16'
    ])
    expect(stream!.channelInfo).toEqual([
      { name: 'C3', unit: 'µV', gain: 0.1, offset: 0 },
      { name: 'A,B', unit: 'µV', gain: 0.5, offset: 0, reference: 'REF' },
      { name: 'Trig', unit: 'n/a', gain: 1, offset: 0 }
    ])
    expect((await stream!.read(5, 7, 'digital')).toNested()).toEqual([
      [5, -10, 1],
      [6, -12, 0]
    ])
    expect((await stream!.read(5, 6, 'physical')).toNested()).toEqual([[0.5, -5, 1]])
  })

  test('float32 without resolution', async () => {
    await using file = await openSampleFile(fixture('gap_float32.vhdr'))
    const [stream] = file.streams
    expect([stream!.sampleRate, stream!.dtype.name]).toEqual([512, 'float32'])
    expect(stream!.channelInfo.map(({ name, unit }) => [name, unit])).toEqual([
      ['C3', 'µV'],
      ['Cz', 'mV'],
      ['Resp', 'Pa']
    ])
    expect((await stream!.read(5, 6, 'physical')).toNested()).toEqual([[1.25, -2.5, 0.25]])
  })

  test('markers are events; a segment dated later is a gap and moves those behind it', async () => {
    await using file = await openSampleFile(fixture('gap_int16.vhdr'))
    expect(file.streams[0]!.gaps).toEqual([{ from: 20, to: 4375, row: 20, cause: 'device' }])
    expect(await file.events()).toEqual([
      { index: 0, duration: 1, label: 'New Segment/', value: 0 },
      { index: 4, duration: 1, label: 'Stimulus/S  1', value: 1 },
      { index: 4375, duration: 1, label: 'New Segment/', value: 0 },
      { index: 4375, duration: 1, label: 'Comment/gap: 3355 samples lost', value: 0 },
      { index: 4384, duration: 3, label: 'Response/R  2', value: 2 }
    ])
  })

  test('the data or marker file opens the triple as well', async () => {
    await using byData = await openSampleFile(fixture('gap_int16.eeg'))
    await using byMarkers = await openSampleFile(fixture('gap_int16.vmrk'))
    expect(byData.path).toBe(fixture('gap_int16.vhdr'))
    expect(byMarkers.path).toBe(fixture('gap_int16.vhdr'))
  })

  test.each([
    ['INT_16', 'int16', (view: DataView, at: number, value: number) => view.setInt16(at, value, true), 2],
    ['INT_32', 'int32', (view: DataView, at: number, value: number) => view.setInt32(at, value, true), 4],
    ['IEEE_FLOAT_32', 'float32', (view: DataView, at: number, value: number) => view.setFloat32(at, value, true), 4]
  ])('VECTORIZED %s: channel after channel', async (format, dtype, write, size) => {
    const view = new DataView(new ArrayBuffer(2 * 10 * size))
    for (let c = 0; c < 2; c++) for (let k = 0; k < 10; k++) write(view, (c * 10 + k) * size, 100 * c - k)
    const path = await triple(`vec${dtype}`, { format, orientation: 'VECTORIZED' }, new Uint8Array(view.buffer))
    await using file = await openSampleFile(path)
    const data = await file.streams[0]!.read(3, 5, 'digital')
    expect(data.dtype.name).toBe(dtype)
    expect(data.toNested()).toEqual([
      [-3, 97],
      [-4, 96]
    ])
    expect((await file.streams[0]!.read(3, 4, 'physical')).toNested()).toEqual([[-1.5, 97]])
  })

  test('old identification, $b, Windows-1252 and big-endian data', async () => {
    const header = [
      'Brain Vision Data Exchange Header File Version 1.0',
      '[Common Infos]',
      'DataFile=$b.eeg',
      'DataFormat=BINARY',
      'DataOrientation=MULTIPLEXED',
      'NumberOfChannels=1',
      'SamplingInterval=4000',
      '[Binary Infos]',
      'BinaryFormat=INT_16',
      'UseBigEndianOrder=YES',
      '[Channel Infos]',
      'Ch1=Fz,,0.5,µV'
    ].join('\r\n')
    await writeFile(join(folder, 'old.vhdr'), Buffer.from(header, 'latin1'))
    await writeFile(join(folder, 'old.eeg'), Buffer.of(0x01, 0x02, 0xff, 0xfe))
    await using file = await openSampleFile(join(folder, 'old.vhdr'))
    expect(file.streams[0]!.channelInfo[0]!.unit).toBe('µV')
    const data = await file.streams[0]!.read(0, 2, 'digital')
    expect([data.dtype.name, data.toNested()]).toEqual(['int16', [[258], [-2]]])
    expect(await file.events()).toEqual([])
  })

  test('a torn data file: whole points are read and a warning is given', async () => {
    for (const extension of ['vhdr', 'vmrk'])
      await copyFile(fixture(`gap_int16.${extension}`), join(folder, `gap_int16.${extension}`))
    await writeFile(join(folder, 'gap_int16.eeg'), (await readFile(fixture('gap_int16.eeg'))).subarray(0, 100))
    await using file = await openSampleFile(join(folder, 'gap_int16.vhdr'))
    expect(file.streams[0]!.sampleCount).toBe(16)
    expect(file.warnings).toEqual([expect.stringContaining('cut after 4 of 6 bytes')])
  })

  test.each([
    ['DataFormat=ASCII', /\[Common Infos\] DataFormat: expected BINARY, got "ASCII"/],
    ['NumberOfChannels=0', /NumberOfChannels: expected a whole number from 1/],
    ['NumberOfChannels=3', /\[Channel Infos\] Ch3: expected a value, got none/],
    ['SamplingInterval=x', /SamplingInterval: expected more than 0 µs, got "x"/],
    ['BinaryFormat=INT_24', /BinaryFormat: expected INT_16, UINT_16/],
    ['Ch1=Fz,,half,µV', /\[Channel Infos\] Ch1: expected a number as resolution/],
    [
      'DataFile=elsewhere.eeg',
      /DataFile: expected the name of a file beside the header.*'bad.eeg' is there: was the triple renamed/
    ]
  ])('%s is refused', async (line, message) => {
    const path = await triple('bad', {}, new Uint8Array(40))
    const key = line.slice(0, line.indexOf('='))
    await writeFile(path, (await readFile(path, 'utf8')).replace(new RegExp(`^${key}=.*$`, 'm'), line))
    await expect(openSampleFile(path)).rejects.toThrow(RecordingFileError)
    await expect(openSampleFile(path)).rejects.toThrow(message)
  })
})

/** Two channels of resolution 0.5 and 1; returns the path of the header. */
async function triple(
  name: string,
  { format = 'INT_16', orientation = 'MULTIPLEXED' }: { format?: string; orientation?: string },
  data: Uint8Array
): Promise<string> {
  const path = join(folder, `${name}.vhdr`)
  const lines = [
    'BrainVision Data Exchange Header File Version 1.0',
    '[Common Infos]',
    'Codepage=UTF-8',
    `DataFile=${name}.eeg`,
    'DataFormat=BINARY',
    `DataOrientation=${orientation}`,
    'NumberOfChannels=2',
    'SamplingInterval=1000',
    '[Binary Infos]',
    `BinaryFormat=${format}`,
    '[Channel Infos]',
    'Ch1=Fz,,0.5,µV',
    'Ch2=Cz'
  ]
  await writeFile(path, lines.join('\n'))
  await writeFile(join(folder, `${name}.eeg`), data)
  return path
}
