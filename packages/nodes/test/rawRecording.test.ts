import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSampleFile, RecordingFileError } from '../src/index.ts'
import { segmentsOf } from '../src/files/timeline.ts'

interface Vector {
  files_after_stop_base64: Record<string, string>
  sent: Record<string, number[][][]>
  add_annotations_kwargs: Record<string, unknown>
}

let vector: Vector
let root: string
let folder: string
beforeAll(async () => {
  vector = JSON.parse(await readFile(new URL('fixtures/rawrecorder.json', import.meta.url), 'utf8')) as Vector
  root = await mkdtemp(join(tmpdir(), 'nodeacq-raw-'))
  folder = await copyOf('pyacq')
})
afterAll(() => rm(root, { recursive: true }))

describe('a folder of pyacq’s RawRecorder', () => {
  test('streams by rate, events last, values and indexes as sent', async () => {
    await using file = await openSampleFile(folder)
    expect(file.format).toBe('RawRecorder')
    expect(file.warnings).toEqual([])
    expect(
      file.streams.map(({ name, sampleRate, sampleCount, startIndex }) => [name, sampleRate, sampleCount, startIndex])
    ).toEqual([
      ['emg', 1000, 12, 1000],
      ['eeg', 100, 30, 1000],
      ['evt', 1000, 2, 1000]
    ])
    const [emg, eeg, evt] = file.streams
    expect((await emg!.read(0, 12, 'digital')).toNested()).toEqual(vector.sent['emg']!.flat())
    expect((await eeg!.read(5, 25, 'physical')).toNested()).toEqual(vector.sent['eeg']!.flat().slice(5, 25))
    expect(eeg!.channelInfo).toEqual([{ name: 'Fz' }, { name: 'Café' }])
    expect((await evt!.read(0, 2, 'digital')).toNested()).toEqual([
      { index: 5, label: 1 },
      { index: 9, label: 2 }
    ])
    expect(file.details).toEqual({ annotations: vector.add_annotations_kwargs })
  })

  test('gaps, gains and a torn sample', async () => {
    const copy = await copyOf('ours')
    const path = join(copy, 'stream_properties.json')
    const properties = JSON.parse(await readFile(path, 'utf8')) as Record<string, Record<string, unknown>>
    properties['emg']!['channel_info'] = [{ name: 'a', gain: 0.5, offset: 1 }, { name: 'b' }, {}]
    await writeFile(path, JSON.stringify(properties))
    await writeFile(join(copy, 'emg.gaps.json'), JSON.stringify([{ from: 1004, to: 1050, row: 4, cause: 'overrun' }]))
    await writeFile(join(copy, 'emg.raw'), Buffer.concat([await readFile(join(copy, 'emg.raw')), Buffer.of(1, 2, 3)]))
    await using file = await openSampleFile(path)
    const [emg] = file.streams
    expect(file.warnings).toEqual([expect.stringContaining('emg: the last sample is cut after 3 of 6 bytes')])
    expect(segmentsOf(emg!)).toEqual([
      { row: 0, index: 1000, count: 4 },
      { row: 4, index: 1050, count: 8 }
    ])
    expect(emg!.physicalDType.name).toBe('float64')
    expect((await emg!.read(0, 1, 'physical')).toNested()).toEqual([[-2, -5, -4]])
    expect((await emg!.read(0, 1, 'digital')).toNested()).toEqual([[-6, -5, -4]])
  })

  test.each([
    ['stream_properties.json', '{', /content: expected JSON/],
    ['stream_properties.json', '[]', /expected a map of streams/],
    ['stream_properties.json', '{"../x": {"dtype": "int8", "shape": [-1]}}', /expected a plain file name/],
    ['stream_properties.json', '{"eeg": {"shape": [-1]}}', /stream 'eeg', key 'dtype'/],
    ['stream_properties.json', '{"eeg": {"dtype": "os.system", "shape": [-1]}}', /expected a numpy dtype/],
    ['stream_properties.json', '{"eeg": {"dtype": "int8", "shape": "x"}}', /key 'shape'/],
    [
      'stream_properties.json',
      '{"none": {"dtype": "int8", "shape": [-1]}}',
      /none\.raw: file: expected a readable file/
    ],
    ['eeg.gaps.json', '[{"from": 1}]', /\{from, to, row, cause\}/]
  ])('%s with %s is refused', async (name, content, message) => {
    const copy = await copyOf(`bad${Math.random()}`)
    await writeFile(join(copy, name), content)
    await expect(openSampleFile(copy)).rejects.toThrow(RecordingFileError)
    await expect(openSampleFile(copy)).rejects.toThrow(message)
  })
})

async function copyOf(name: string): Promise<string> {
  const path = join(root, name)
  await mkdir(path)
  for (const [file, content] of Object.entries(vector.files_after_stop_base64)) {
    await writeFile(join(path, file), Buffer.from(content, 'base64'))
  }
  return path
}
