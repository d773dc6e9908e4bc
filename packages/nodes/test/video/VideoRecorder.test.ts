import { execFileSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, MissingPackageError } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { InputStream, OutputStream, readEvents } from '@nodeacq/stream'
import { missingPrograms, tempFolder } from 'testing'
import { describe, expect, test } from 'vitest'
import { AviRecorder, RecorderError, VideoRecorder } from '../../src/index.ts'

const [WIDTH, HEIGHT] = [64, 48]
const missing = await missingPrograms('video recorders', 'ffmpeg', 'ffprobe')

async function openVideo(rate = 30): Promise<OutputStream> {
  const source = new OutputStream({
    streamType: 'video',
    dtype: 'uint8',
    shape: [HEIGHT, WIDTH, 3],
    accounting: 'messages',
    sampleRate: rate
  })
  await source.configure({ protocol: 'inproc' })
  return source
}

/** A picture that says which it is: its number in the first row, the rest grey. */
function picture(number: number): NdArray {
  const data = NdArray.zeros([HEIGHT, WIDTH, 3], 'uint8')
  const bytes = data.bytes().fill(128)
  for (let k = 0; k < 3 * WIDTH; k++) bytes[k] = (number * 7 + k) & 0xff
  return data
}

/** Frames as ffmpeg decodes them. */
function decode(path: string): Buffer[] {
  const args = ['-v', 'error', '-i', path, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1']
  const raw = execFileSync('ffmpeg', args, { maxBuffer: 1e8 })
  const size = WIDTH * HEIGHT * 3
  return Array.from({ length: raw.length / size }, (_, k) => raw.subarray(k * size, (k + 1) * size))
}

function countFrames(path: string): number {
  const show = ['-count_frames', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0']
  return Number(execFileSync('ffprobe', ['-v', 'error', '-select_streams', 'v:0', ...show, path]).toString())
}

async function rowsOf(path: string): Promise<Record<string, string>[]> {
  const [head = '', ...lines] = (await readFile(path, 'utf8')).trimEnd().split('\n')
  const names = head.split(',')
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, k) => [names[k]!, value])))
}

test('without ffmpeg the error says what to install', async () => {
  const { PATH } = process.env
  await using folder = await tempFolder()
  await using source = await openVideo()
  await using recorder = new VideoRecorder({ name: 'film' })
  await recorder.configure({ file: join(folder.path, 'a.mkv') })
  await (recorder.stream('input', 'cam') as InputStream).connect(source)
  try {
    process.env['PATH'] = '/nowhere'
    await expect(recorder.initialize()).rejects.toThrow(MissingPackageError)
    await expect(recorder.initialize()).rejects.toThrow(/VideoRecorder 'film' needs 'ffmpeg'.*apt install ffmpeg/)
  } finally {
    process.env['PATH'] = PATH
  }
  expect(await readdir(folder.path)).toEqual([])
})

test.each([
  [{ file: 'a.webm' }, /expected a name that ends in .mkv, .mp4, .avi/],
  [{ file: 'a.mp4', codec: 'ffv1' }, /expected h264 or mjpeg in .mp4, got 'ffv1'/]
])('%o is refused', async (options, message) => {
  await using recorder = new VideoRecorder({ name: 'film' })
  await expect(recorder.configure(options)).rejects.toThrow(ConfigError)
  await expect(recorder.configure(options)).rejects.toThrow(message)
})

describe.skipIf(missing)('with ffmpeg', () => {
  test.each([
    ['mkv', 'ffv1'],
    ['mp4', 'h264']
  ])('%s of %s holds each frame once; the list says which is which, and what was lost', async (extension, codec) => {
    await using folder = await tempFolder()
    await using source = await openVideo()
    await using recorder = new VideoRecorder({ name: 'film' })
    const file = join(folder.path, `a.${extension}`)
    await recorder.configure({ file, codec })
    await (recorder.stream('input', 'cam') as InputStream).connect(source)
    await recorder.initialize()
    await using frames = new InputStream({ delivery: 'complete' })
    await frames.connect(recorder.output)
    source.startRun()
    frames.startRun()
    await recorder.start()
    const indexes = [...Array(20).keys(), ...Array.from({ length: 25 }, (_, k) => 25 + k)]
    for (const index of indexes) await source.send(picture(index), index + 1)
    await source.endRun()
    expect(await recorder.finished()).toBeUndefined()
    const told: [number, number, string][] = []
    for await (const { data } of frames.chunks())
      for (const { index, value, label } of readEvents(data)) told.push([index, value, label])
    expect(told).toEqual(indexes.map((index, k) => [index, k, 'cam']))
    expect(countFrames(file)).toBe(45)
    const decoded = decode(file)
    expect(decoded).toHaveLength(45)
    const isSame = decoded.map((bytes, k) => bytes.equals(picture(indexes[k]!).bytes()))
    expect(isSame).toEqual(indexes.map(() => codec === 'ffv1'))
    const rows = await rowsOf(join(folder.path, 'a.frames.csv'))
    const recorded = rows.filter(({ frame }) => frame !== '')
    expect(recorded.map(({ frame, index }) => [frame, index])).toEqual(indexes.map((index, k) => [`${k}`, `${index}`]))
    expect(rows.filter(({ frame }) => frame === '')).toMatchObject([{ index: '20', lost: '5', cause: 'device' }])
    const sidecar = JSON.parse(await readFile(join(folder.path, 'a.nodeacq.json'), 'utf8')) as object
    expect(sidecar).toMatchObject({
      state: 'verified',
      streams: { cam: { frames: 45, lost: 5, gaps: 1, first: 0, next: 50, codec } },
      verdict: { ok: true }
    })
    await expect(recorder.initialize()).rejects.toThrow(RecorderError)
  })

  test('an encoder that fails is an error that says why', async () => {
    await using folder = await tempFolder()
    await using source = await openVideo()
    await using recorder = new VideoRecorder({ name: 'film' })
    await recorder.configure({ file: join(folder.path, 'a.mkv'), options: { crf: 'much' } })
    await (recorder.stream('input', 'cam') as InputStream).connect(source)
    await recorder.initialize()
    source.startRun()
    await recorder.start()
    for (let index = 0; index < 10; index++) await source.send(picture(index), index + 1)
    await source.endRun()
    const error = await recorder.finished()
    expect(error).toBeInstanceOf(RecorderError)
    expect(error!.message).toMatch(/a\.mkv: ffmpeg: .*crf/)
  })

  test('what is no picture is refused by name', async () => {
    await using folder = await tempFolder()
    await using source = new OutputStream({ dtype: 'float32', shape: [-1, 4] })
    await source.configure({ protocol: 'inproc' })
    await using recorder = new VideoRecorder({ name: 'film' })
    await recorder.configure({ file: join(folder.path, 'a.mkv') })
    await (recorder.stream('input', 'cam') as InputStream).connect(source)
    await expect(recorder.initialize()).rejects.toThrow(
      /input 'cam': expected frames of uint8, .* got float32 of shape \[-1, 4\]/
    )
  })

  test("pyacq's AviRecorder: its names, its files, its properties", async () => {
    await using folder = await tempFolder()
    await using source = await openVideo()
    await using recorder = new AviRecorder({ name: 'avi' })
    const path = join(folder.path, 'videos')
    await recorder.configure({ streams: [source], dirname: path, codec_name: 'mjpeg' })
    await recorder.initialize()
    source.startRun()
    await recorder.start()
    for (let index = 5; index < 17; index++) await source.send(picture(index), index + 1)
    await source.endRun()
    expect(await recorder.finished()).toBeUndefined()
    expect((await readdir(path)).toSorted()).toEqual([
      'avi_stream_properties.json',
      'video0.avi',
      'video0.frames.csv',
      'videos.nodeacq.json'
    ])
    const properties = JSON.parse(await readFile(join(path, 'avi_stream_properties.json'), 'utf8')) as object
    expect(properties).toEqual({
      pyacq_version: expect.any(String) as string,
      video0: { streamtype: 'video', dtype: 'uint8', shape: [HEIGHT, WIDTH, 3], sample_rate: 30, start_index: 5 }
    })
    expect(countFrames(join(path, 'video0.avi'))).toBe(12)
  })
})
