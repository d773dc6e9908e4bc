import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { seededRandom, tempFolder } from 'testing'
import { describe, expect, test } from 'vitest'
import { openSampleFile, RecordingFileError } from '../../src/index.ts'
import { encodeTextSample, encodeXmlChunk, TAG, XDF_MAGIC } from '../../src/files/xdf/chunks.ts'

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)
const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/xdf/${name}`, import.meta.url))
const header = (fields: Record<string, string | number>, desc = ''): string =>
  `<info>${Object.entries(fields)
    .map(([key, value]) => `<${key}>${value}</${key}>`)
    .join('')}<desc>${desc}</desc></info>`

/** As LabRecorder writes them: each sample with a time of its own. */
function stampedSamples(stream: number, samples: readonly { time: number; value: number }[]): Buffer {
  const content = Buffer.alloc(11 + samples.length * 13)
  content.writeUInt16LE(TAG.samples, 0)
  content.writeUInt32LE(stream, 2)
  content.writeUInt8(4, 6)
  content.writeUInt32LE(samples.length, 7)
  for (const [k, { time, value }] of samples.entries()) {
    content.writeUInt8(8, 11 + 13 * k)
    content.writeDoubleLE(time, 12 + 13 * k)
    content.writeFloatLE(value, 20 + 13 * k)
  }
  const length = Buffer.alloc(5)
  length.writeUInt8(4, 0)
  length.writeUInt32LE(content.length, 1)
  return Buffer.concat([length, content])
}

describe('XDF files', () => {
  test('values, names, the gap that only times show, and markers of another clock', async () => {
    await using file = await openSampleFile(fixture('clock_gap.xdf'))
    expect([file.format, file.warnings, file.startUtc]).toEqual(['XDF', [], 1_709_374_830_000_000_000n])
    const [amp, ...others] = file.streams
    expect(others).toEqual([])
    expect(amp).toMatchObject({
      name: 'amp',
      sampleRate: 100,
      sampleCount: 500,
      gaps: [{ from: 300, to: 900, row: 300, cause: 'device' }],
      channelInfo: [
        { name: 'C3', unit: 'microvolts' },
        { name: 'C4', unit: 'microvolts' }
      ]
    })
    const values = (await amp!.read(298, 302, 'digital')).toNested()
    expect(values).toEqual([
      [298, -298],
      [299, -299],
      [900, -900],
      [901, -901]
    ])
    expect(await file.events()).toEqual([
      { index: 50, duration: 0, label: 'start', value: 0 },
      { index: 900, duration: 0, label: 'stim,"quoted" µ', value: 0 }
    ])
  })

  test('a cut file gives whole chunks, never half a sample', async () => {
    await using file = await openSampleFile(fixture('torn_in_sample.xdf'))
    expect(file.streams[0]!.sampleCount).toBe(300)
    expect(file.warnings).toEqual(['bytes 2791 to 3813 are left out: the file ends within a chunk'])
  })

  test.each(['small_gap.xdf', 'small_gap_flagged.xdf'])('%s: a gap that pyxdf smears is where it is', async (name) => {
    await using file = await openSampleFile(fixture(name))
    expect(file.streams[0]!.gaps).toEqual([{ from: 1000, to: 1300, row: 1000, cause: 'device' }])
  })

  test('times that jitter are no gaps, and what is missing between them is', async () => {
    const random = seededRandom(SEED)
    await using folder = await tempFolder()
    const path = join(folder.path, 'lab.xdf')
    const chunks = [
      XDF_MAGIC,
      encodeXmlChunk(TAG.fileHeader, '<info><version>1.0</version></info>'),
      encodeXmlChunk(
        TAG.streamHeader,
        header({ name: 'amp', type: 'EEG', channel_count: 1, nominal_srate: 250, channel_format: 'float32' }),
        7
      )
    ]
    // Packets of 10 samples come up to 60 ms late; once the machine hangs for half a second; 100 samples are lost.
    const lost = new Set(Array.from({ length: 100 }, (_, k) => 3000 + k))
    for (let first = 0; first < 6000; first += 10) {
      const late = first === 1000 ? 0.5 : random() * 0.06
      const samples = Array.from({ length: 10 }, (_, k) => first + k)
        .filter((k) => !lost.has(k))
        .map((k) => ({ time: 5000 + k / 250 + late, value: k }))
      if (samples.length > 0) chunks.push(stampedSamples(7, samples))
    }
    await writeFile(path, Buffer.concat(chunks))
    await using file = await openSampleFile(path)
    const [stream] = file.streams
    expect(file.warnings).toEqual([])
    expect(stream!.gaps.map(({ row }) => row)).toEqual([3000])
    const [gap] = stream!.gaps
    // The time of a late packet is all that is known.
    expect(Math.abs(gap!.to - gap!.from - 100)).toBeLessThanOrEqual(0.06 * 250)
    expect((await stream!.read(2999, 3001, 'digital')).toNested()).toEqual([[2999], [3100]])
    expect((await stream!.read(1003, 1006, 'digital')).toNested()).toEqual([[1003], [1004], [1005]])
  })

  test('a rate that its times do not fit makes no gaps; a stream that begins later has a later index', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'lab.xdf')
    const fields = { type: 'EEG', channel_count: 1, channel_format: 'float32' }
    const every = (count: number, start: number, step: number): { time: number; value: number }[] =>
      Array.from({ length: count }, (_, k) => ({ time: start + k * step, value: k }))
    await writeFile(
      path,
      Buffer.concat([
        XDF_MAGIC,
        encodeXmlChunk(TAG.streamHeader, header({ ...fields, name: 'amp', nominal_srate: 40 }), 1),
        encodeXmlChunk(TAG.streamHeader, header({ ...fields, name: 'amp', nominal_srate: 10 }), 2),
        encodeXmlChunk(TAG.streamHeader, header({ ...fields, name: 'gaze', nominal_srate: 0 }), 3),
        stampedSamples(1, every(100, 10, 0.1)),
        stampedSamples(2, every(50, 12, 0.1)),
        stampedSamples(3, [{ time: 13, value: 0.5 }]),
        encodeTextSample(9, 1, 'whose header is not there')
      ])
    )
    await using file = await openSampleFile(path)
    expect(file.streams.map(({ name, gaps, startIndex }) => [name, gaps.length, startIndex])).toEqual([
      ['amp', 0, 0],
      ['amp-2', 0, 20]
    ])
    expect(file.streams[1]!.offset).toBeCloseTo(2, 12)
    expect(file.warnings).toEqual([
      expect.stringContaining('samples of stream 9, whose header is not there'),
      "stream 'amp': its times do not fit its rate of 40 Hz; it is taken to be without gaps"
    ])
    expect(await file.events()).toEqual([{ index: 120, duration: 0, label: 'gaze 0.5', value: 0 }])
  })

  test.each([
    ['nothing in it', Buffer.from('XDF:'), /expected at least one stream/],
    ['another file', Buffer.from('XDG:abcd'), /expected 'XDF:'/],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0]), /a gzip file; unpack it first/],
    [
      'billions of channels',
      Buffer.concat([
        XDF_MAGIC,
        encodeXmlChunk(
          TAG.streamHeader,
          header({ name: 'x', channel_count: 4e9, nominal_srate: 1, channel_format: 'int8' }),
          1
        )
      ]),
      /expected at least one stream/
    ]
  ])('%s is a typed error', async (_name, bytes, message) => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'wrong.xdf')
    await writeFile(path, bytes)
    await expect(openSampleFile(path)).rejects.toThrow(RecordingFileError)
    await expect(openSampleFile(path)).rejects.toThrow(message)
  })

  test('a file that became shorter since it was opened is a typed error', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'shrunk.xdf')
    await writeFile(path, await readFile(fixture('clock_gap.xdf')))
    await using file = await openSampleFile(path)
    await writeFile(path, 'XDF:')
    await expect(file.streams[0]!.read(0, 500, 'digital')).rejects.toThrow(RecordingFileError)
  })
})
