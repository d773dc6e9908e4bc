import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NdArray } from '@nodeacq/ndarray'
import fc from 'fast-check'
import { tempFolder } from 'testing'
import { describe, expect, test } from 'vitest'
import { exportRecording } from '../../src/convert/exportRecording.ts'
import { wavTarget } from '../../src/convert/wav/WavExporter.ts'
import { encodeWavHeader, HEADER_SIZE, parseFormat } from '../../src/files/wav/header.ts'
import { openSampleFile, RecorderError, RecordingFileError } from '../../src/index.ts'
import { memoryRecording } from '../memoryRecording.ts'

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/wav/${name}`, import.meta.url))
const sine = Int16Array.from(
  { length: 960 },
  (_, k) => Math.trunc(20_000 * Math.sin((2 * Math.PI * (k >> 1)) / 48)) * (k % 2 === 0 ? 1 : -1)
)

/** All bytes of the samples, or why there are none. */
async function read(path: string): Promise<Uint8Array | Error> {
  try {
    await using file = await openSampleFile(path)
    const [stream] = file.streams
    return (await stream!.read(0, stream!.sampleCount, 'digital')).bytes()
  } catch (error) {
    return error as Error
  }
}

describe('WAV files', () => {
  test.each([
    ['riff_i16.wav', 'WAV', 0],
    ['rf64_i16.wav', 'RF64', 0],
    ['open_i16.wav', 'WAV', 1]
  ])('%s', async (name, format, warnings) => {
    await using file = await openSampleFile(fixture(name))
    expect([file.format, file.warnings.length]).toEqual([format, warnings])
    const [stream] = file.streams
    expect([stream!.sampleRate, stream!.sampleCount, stream!.dtype.name]).toEqual([48_000, 480, 'int16'])
    expect((await stream!.read(12, 13, 'digital')).toNested()).toEqual([[20_000, -20_000]])
    expect((await stream!.read(0, 480, 'digital')).typed()).toEqual(sine)
    expect((await stream!.read(12, 13, 'physical')).toNested()).toEqual([[20_000 / 32_768, -20_000 / 32_768]])
  })

  test('rf64_f32.wav', async () => {
    await using file = await openSampleFile(fixture('rf64_f32.wav'))
    const [stream] = file.streams
    expect([stream!.dtype.name, stream!.sampleCount, file.warnings]).toEqual(['float32', 480, []])
  })

  test('the header is made byte for byte, below and above 4 GiB', async () => {
    const riff = await readFile(fixture('riff_i16.wav'))
    const format = parseFormat(riff.subarray(56, 96))
    expect(format).toEqual({ code: 1, channels: 2, rate: 48_000, bits: 16, frameBytes: 4 })
    const made = encodeWavHeader(format, 1920)
    // The golden file leaves its JUNK empty; ours has the sizes in it.
    expect(Buffer.concat([made.subarray(0, 20), Buffer.alloc(28), made.subarray(48)])).toEqual(
      riff.subarray(0, HEADER_SIZE)
    )
    const rf64 = await readFile(fixture('rf64_i16.wav'))
    const large = encodeWavHeader(format, 5 * 2 ** 30)
    expect([large.readBigUInt64LE(20), large.readBigUInt64LE(28)]).toEqual([5n * 2n ** 30n + 96n, 5n * 2n ** 30n])
    expect(large.readBigUInt64LE(36)).toBe((5n * 2n ** 30n) / 4n)
    const golden = rf64.subarray(0, HEADER_SIZE)
    for (const [from, to] of [
      [0, 20],
      [44, HEADER_SIZE]
    ] as const)
      expect(large.subarray(from, to)).toEqual(golden.subarray(from, to))
  })

  test('a file that is cut anywhere gives whole frames of the truth, or a typed error', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'cut.wav')
    const whole = await readFile(fixture('riff_i16.wav'))
    const wrong: string[] = []
    for (let length = 0; length < whole.length; length += length < HEADER_SIZE ? 1 : 37) {
      await writeFile(path, whole.subarray(0, length))
      const found = await read(path)
      const frames = Math.floor((length - HEADER_SIZE) / 4)
      const isRight =
        length < HEADER_SIZE
          ? found instanceof RecordingFileError
          : !(found instanceof Error) && whole.subarray(HEADER_SIZE, HEADER_SIZE + 4 * frames).equals(found)
      if (!isRight) wrong.push(`${length} bytes: ${String(found)}`)
    }
    expect(wrong).toEqual([])
  })

  test('with any byte of the header changed, it is read, or a typed error', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'flipped.wav')
    const whole = await readFile(fixture('rf64_i16.wav'))
    const wrong: string[] = []
    for (let at = 0; at < HEADER_SIZE; at++) {
      const changed = Buffer.from(whole)
      changed[at]! ^= 1 << (at % 8)
      await writeFile(path, changed)
      const found = await read(path)
      const isRight = found instanceof Error ? found instanceof RecordingFileError : found.length <= 2 * whole.length
      if (!isRight) wrong.push(`byte ${at}: ${String(found)}`)
    }
    expect(wrong).toEqual([])
  })
})

describe('WAV export', () => {
  test('integers and floats come back as they were, with zeros and a mark where samples are missing', async () => {
    await using folder = await tempFolder()
    let count = 0
    const types = ['int16', 'int32', 'float32', 'float64', 'uint8', 'int8', 'uint16'] as const
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...types),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 2, max: 300 }),
        fc.integer({ min: 0, max: 200 }),
        async (dtype, channels, rows, missing) => {
          const data = NdArray.zeros([rows, channels], dtype)
          for (const [k] of data.bytes().entries()) data.bytes()[k] = dtype.startsWith('f') ? (k * 5) & 0x3d : k * 31
          const row = rows >> 1
          const gaps = missing === 0 ? [] : [{ from: row + 5, to: row + 5 + missing, row, cause: 'overrun' }]
          const path = join(folder.path, `${count++}.wav`)
          const source = memoryRecording([{ name: 'mic', data, sampleRate: 8000, startIndex: 5, gaps }], {
            events: [{ index: 6, duration: 2, label: 'click µ', value: 0 }]
          })
          const report = await exportRecording(source, path, { target: wavTarget })
          await using file = await openSampleFile(path)
          const [stream] = file.streams
          expect(file.warnings).toEqual([])
          expect(stream!.sampleCount).toBe(rows + missing)
          const stored = stream!.dtype.name
          const expected = data.astype(stored)
          expect((await stream!.read(0, row, 'digital')).equals(expected.slice(0, row))).toBe(true)
          expect((await stream!.read(row + missing, rows + missing, 'digital')).equals(expected.slice(row))).toBe(true)
          const silence = (await stream!.read(row, row + missing, 'physical')).astype('float64').typed() as Float64Array
          expect(silence.every((value) => value === 0)).toBe(true)
          const events = await file.events()
          const gap = { index: row, duration: missing, label: `gap: ${missing} samples lost (overrun)`, value: 0 }
          expect(events).toEqual(
            [{ index: 1, duration: 2, label: 'click µ', value: 0 }, ...(missing === 0 ? [] : [gap])].toSorted(
              (a, b) => a.index - b.index
            )
          )
          expect(report.streams[0]).toMatchObject({ isExact: true, clipped: { count: 0 }, gaps: { samples: missing } })
        }
      ),
      { numRuns: 40 }
    )
  })

  test('floats as integers: full scale, rounding and clipping are as the report says', async () => {
    await using folder = await tempFolder()
    const values = Float64Array.of(0, 50, -100, 99.9, 100, -150, NaN, 12.34)
    const data = NdArray.fromTyped(values, [8, 1])
    for (const samples of ['int16', 'int24', 'int32'] as const) {
      const path = join(folder.path, `${samples}.wav`)
      const source = memoryRecording([{ name: 'mic', data, sampleRate: 100 }])
      const report = await exportRecording(source, path, { target: wavTarget, set: { samples, fullScale: 100 } })
      const [{ clipped, notFinite, rounding, isExact }] = report.streams as [(typeof report.streams)[number]]
      expect([clipped.count, clipped.firstIndex, notFinite, isExact]).toEqual([2, 4, 1, false])
      expect(clipped.maxExcess).toBeCloseTo(0.5, 9)
      await using file = await openSampleFile(path)
      const loud = (await file.streams[0]!.read(0, 8, 'physical')).typed() as Float64Array
      const limit = 1 - rounding.step
      const wanted = [0, 0.5, -1, 0.999, limit, -1, 0, 0.1234]
      for (const [k, value] of loud.entries())
        expect(Math.abs(value - wanted[k]!)).toBeLessThanOrEqual(rounding.maxError)
    }
  })

  test('floats beyond full scale are kept, and counted', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'loud.wav')
    const source = memoryRecording([
      { name: 'eeg', data: NdArray.from([[0.5], [-40], [90]], 'float32'), sampleRate: 250 }
    ])
    const report = await exportRecording(source, path, { target: wavTarget })
    expect(report.streams[0]!.isExact).toBe(true)
    expect(report.streams[0]!.dropped[0]).toMatch(/^2 samples are beyond full scale/)
    await using file = await openSampleFile(path)
    expect((await file.streams[0]!.read(0, 3, 'digital')).toNested()).toEqual([[0.5], [-40], [90]])
  })

  test('a rate that is not whole is refused', async () => {
    await using folder = await tempFolder()
    const source = memoryRecording([{ name: 'x', data: NdArray.zeros([5, 1], 'int16'), sampleRate: 512.5 }])
    const made = exportRecording(source, join(folder.path, 'x.wav'), { target: wavTarget })
    await expect(made).rejects.toThrow(RecorderError)
    await expect(made).rejects.toThrow(/whole rates only, and its rate is 512.5 Hz/)
  })

  test('killed between two syncs, what is behind the sizes of the header is read', async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'x.wav')
    const data = NdArray.fromTyped(
      Int16Array.from({ length: 3000 }, (_, k) => k),
      [1500, 2]
    )
    const stream = memoryRecording([{ name: 'x', data, sampleRate: 1000 }]).streams[0]!
    const head = {
      source: 'x',
      streams: [stream],
      startUtc: undefined,
      startTime: undefined,
      options: {},
      provenance: {}
    }
    const exporter = await wavTarget.open(path, { ...head, gaps: 'fill' })
    await exporter.samples(0, 0, data.slice(0, 1000).copy())
    await exporter.sync()
    expect((await readFile(path)).readUInt32LE(100)).toBe(4000)
    await exporter.samples(0, 1000, data.slice(1000, 1500).copy())
    await exporter.abort()
    await truncate(path, HEADER_SIZE + 5999)
    await using file = await openSampleFile(path)
    expect(file.warnings).toEqual([
      expect.stringMatching(/older than the file/),
      'the last frame is cut after 3 of 4 bytes and is left out'
    ])
    expect((await file.streams[0]!.read(0, 1499, 'digital')).equals(data.slice(0, 1499))).toBe(true)
  })
})
