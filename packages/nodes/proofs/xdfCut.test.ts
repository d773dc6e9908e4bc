import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { NdArray } from '@nodeacq/ndarray'
import { seededRandom, tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { exportRecording } from '../src/convert/exportRecording.ts'
import { xdfTarget } from '../src/convert/xdf/XdfExporter.ts'
import { openSampleFile, RecordingFileError, repairXdf } from '../src/index.ts'
import { memoryRecording } from '../test/memoryRecording.ts'

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)
/** Bytes from one cut to the next. */
const STRIDE = process.env['NODEACQ_SOAK'] === '1' ? 1 : 17

/** Rows of all streams by their name, and events. */
async function contentOf(path: string): Promise<Map<string, NdArray> | Error> {
  try {
    await using file = await openSampleFile(path)
    const streams = file.streams.map(
      async (each) => [each.name, await each.read(0, each.sampleCount, 'digital')] as const
    )
    return new Map(await Promise.all(streams))
  } catch (error) {
    return error as Error
  }
}

async function randomFile(path: string): Promise<void> {
  const random = seededRandom(SEED)
  const values = (count: number): Int16Array => Int16Array.from({ length: count }, () => random() * 65_536 - 32_768)
  const streams = [
    {
      name: 'a',
      data: NdArray.fromTyped(values(900), [300, 3]),
      sampleRate: 100,
      gaps: [{ from: 100, to: 150, row: 100, cause: 'overrun' }]
    },
    { name: 'b', data: NdArray.fromTyped(values(120), [120, 1]), sampleRate: 40 }
  ]
  const events = Array.from({ length: 10 }, (_, k) => ({ index: 30 * k, duration: 0, label: `e${k} µ`, value: 0 }))
  await exportRecording(memoryRecording(streams, { events }), path, { target: xdfTarget })
}

test.each(['golden', 'random'])(
  'a %s file cut at any byte, read as it is and repaired, is a prefix of the truth',
  async (kind) => {
    await using folder = await tempFolder()
    const source = join(folder.path, 'whole.xdf')
    if (kind === 'random') await randomFile(source)
    else
      await writeFile(
        source,
        await readFile(fileURLToPath(new URL('../test/fixtures/xdf/clock_gap.xdf', import.meta.url)))
      )
    const whole = await readFile(source)
    const truth = (await contentOf(source)) as Map<string, NdArray>
    const cut = join(folder.path, 'cut.xdf')
    const wrong: string[] = []
    let repairs = 0
    for (let length = 0; length < whole.length; length += STRIDE) {
      await writeFile(cut, whole.subarray(0, length))
      const repaired = join(folder.path, `repaired-${length}.xdf`)
      const report = await repairXdf(cut, repaired).catch((error: unknown) => error as Error)
      for (const found of [await contentOf(cut), report instanceof Error ? report : await contentOf(repaired)]) {
        const isTrue =
          found instanceof Error
            ? found instanceof RecordingFileError
            : found.entries().every(([name, rows]) => rows.equals(truth.get(name)!.slice(0, rows.length)))
        if (!isTrue) wrong.push(`${length} bytes: ${found instanceof Error ? found.message : 'other samples'}`)
      }
      if (!(report instanceof Error)) repairs += 1
    }
    expect(wrong).toEqual([])
    expect(repairs).toBeGreaterThan(whole.length / STRIDE - 5)
  }
)
