import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { tempFolder } from 'testing'
import { describe, expect, test } from 'vitest'
import { exportRecording } from '../../src/convert/exportRecording.ts'
import { exportTargets } from '../../src/convert/exportTargets.ts'
import { convertRecording, openSampleFile } from '../../src/index.ts'
import { arbitraryStream } from './arbitraryStream.ts'
import { expectAsReported } from './expectAsReported.ts'
import { memoryRecording, type MemoryStream } from './memoryRecording.ts'

const target = exportTargets['spikeglx']!
const fixture = fileURLToPath(new URL('../fixtures/spikeglx/run_g0', import.meta.url))
const range = (count: number, value: (k: number) => number) => Array.from({ length: count }, (_, k) => value(k))
const pairs = (from: number, count: number) => range(count, (k) => from + k).flatMap((each) => [each, -each])

/** As the golden run but for its digital word. */
const GOLDEN: MemoryStream = {
  name: 'amp',
  dtype: 'int16',
  sampleRate: 1000,
  channels: [
    { name: 'A (1)', unit: 'V', gain: 5 / 32_768 },
    { name: 'B;2=µ', unit: 'V', gain: 5 / 32_768 }
  ],
  segments: [
    { index: 1000, values: pairs(0, 50) },
    { index: 4400, values: pairs(0, 50) }
  ]
}
const UP = [1010, 1030, 4410, 4430].map((index) => ({ index, duration: 10, label: 'stimulus', value: 1 }))

describe('SpikeGLX', () => {
  test('a gap is the next trigger; events are bits; bytes and keys as in the golden run', async () => {
    await using folder = await tempFolder()
    const start = BigInt(new Date(2024, 2, 2, 10, 20, 30).getTime()) * 1_000_000n
    const source = { ...memoryRecording([GOLDEN], UP, start), startTime: '2024-03-02T10:20:30' }
    const report = await exportRecording(source, join(folder.path, 'run'), { target })
    expect(report).toMatchObject({ events: 4, dropped: [] })
    expect(report.streams).toMatchObject([
      { isExact: true, gaps: { mode: 'native', count: 1, samples: 3350 }, renamed: { 'A (1)': 'XA0', 'B;2=µ': 'XA1' } }
    ])
    const run = join(folder.path, 'run/run_g0')
    expect(await readdir(run)).toEqual(await readdir(fixture))
    for (const trigger of ['run_g0_t0.nidq', 'run_g0_t1.nidq']) {
      const ours = await readFile(join(run, `${trigger}.bin`))
      expect(ours.toString('hex')).toBe((await readFile(join(fixture, `${trigger}.bin`))).toString('hex'))
      const lines = async (path: string) => (await readFile(path, 'utf8')).trim().split('\n')
      const theirs = (await lines(join(fixture, `${trigger}.meta`))).filter(
        (line) => !line.startsWith('fileCreateTime')
      )
      expect(await lines(join(run, `${trigger}.meta`))).toEqual(expect.arrayContaining(theirs))
    }
    await using file = await openSampleFile(join(folder.path, 'run'))
    expect(file).toMatchObject({ warnings: [], startTime: '2024-03-02T10:20:30' })
    expect(file.streams[0]!.channelInfo).toEqual([
      { ...GOLDEN.channels[0], offset: 0 },
      { ...GOLDEN.channels[1], offset: 0 },
      { name: 'XD0' }
    ])
    expect(await file.events()).toEqual(UP)
  })

  test('a run of SpikeGLX that is converted to itself is the same, of a probe too', async () => {
    await using folder = await tempFolder()
    await convertRecording(fixture, join(folder.path, 'run'), { to: 'spikeglx' })
    for (const name of await readdir(fixture)) {
      const [ours, theirs] = [
        await readFile(join(folder.path, 'run/run_g0', name)),
        await readFile(join(fixture, name))
      ]
      expect([name, ours.toString('hex')]).toEqual([
        name,
        name.endsWith('.meta') && name.includes('t1')
          ? Buffer.from(theirs.toString().replace('10:20:30', '10:20:33')).toString('hex')
          : theirs.toString('hex')
      ])
    }
    const probe = join(folder.path, 'cell_g0')
    const values = Int16Array.from({ length: 300 }, (_, k) => k)
    const meta =
      'typeThis=imec\nnSavedChans=3\nimSampRate=30000\nimAiRangeMax=0.6\nsnsApLfSy=2,0,1\nfirstSample=7\nimDatPrb_pn=NP1000\n~imroTbl=(0,2)(0 0 0 500 250 1)(1 0 0 500 250 1)\n~snsChanMap=(2,0,1)(AP0;0:0)(AP1;1:1)(SY0;2:2)\n'
    await mkdir(probe)
    await writeFile(join(probe, 'cell_g0_t0.imec0.ap.meta'), meta)
    await writeFile(join(probe, 'cell_g0_t0.imec0.ap.bin'), new Uint8Array(values.buffer))
    await convertRecording(probe, join(folder.path, 'copy'), { to: 'spikeglx' })
    const copy = join(folder.path, 'copy/copy_g0/copy_g0_t0.imec0.ap')
    expect((await readFile(`${copy}.bin`)).toString('hex')).toBe(Buffer.from(values.buffer).toString('hex'))
    const text = await readFile(`${copy}.meta`, 'utf8')
    expect(text).toContain('~imroTbl=(0,2)(0 0 0 500 250 1)(1 0 0 500 250 1)\n')
    expect(text).toContain('firstSample=7\n')
    expect(text).toContain(
      `fileSHA1=${createHash('sha1').update(new Uint8Array(values.buffer)).digest('hex').toUpperCase()}\n`
    )
  })

  test('a probe without its meta is refused, and one that says otherwise too', async () => {
    await using folder = await tempFolder()
    const probe = memoryRecording([{ ...GOLDEN, name: 'imec0.ap' }])
    const to = (name: string) => join(folder.path, name)
    await expect(exportRecording(probe, to('a'), { target })).rejects.toThrow(
      /set meta to the \.meta that it was recorded with/
    )
    const meta = join(fixture, 'run_g0_t0.nidq.meta')
    await expect(exportRecording(probe, to('b'), { target, set: { meta } })).rejects.toThrow(/channels 3, not 2/)
    expect(await readdir(folder.path)).toEqual([])
  })

  test('concatenated: one file, and a list of what each row is', async () => {
    await using folder = await tempFolder()
    const report = await exportRecording(memoryRecording([GOLDEN]), join(folder.path, 'my run.x_g0'), {
      target,
      set: { concatenate: true }
    })
    expect(report.streams[0]!.dropped).toEqual([expect.stringMatching(/time is not continuous/)])
    const run = join(folder.path, 'my run.x_g0/my_run_x_g0')
    expect(await readdir(run)).toEqual(['my_run_x_g0_t0.nidq.bin', 'my_run_x_g0_t0.nidq.meta', 'segments.csv'])
    expect(await readFile(join(run, 'segments.csv'), 'utf8')).toBe('row,index,count\n0,1000,50\n50,4400,50\n')
  })

  test('whatever is written is read back as the report says', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryStream('a'),
        fc.constantFrom('native' as const, 'fill' as const),
        async (made, gaps) => {
          await using folder = await tempFolder()
          const source = memoryRecording([made])
          const { streams } = await exportRecording(source, join(folder.path, 's'), { target, gaps })
          await using file = await openSampleFile(join(folder.path, 's'))
          expect(file.warnings).toEqual([])
          const [stream] = source.streams
          const units = stream!.channelInfo.map(() => 1)
          await expectAsReported({ stream: stream!, back: file.streams[0]!, report: streams[0]!, units })
        }
      ),
      { numRuns: 12 }
    )
  })
})
