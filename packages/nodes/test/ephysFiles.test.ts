import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tempFolder } from 'testing'
import { describe, expect, test } from 'vitest'
import { openSampleFile, RecordingFileError, type SampleFile } from '../src/index.ts'

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
const range = (count: number, value: (k: number) => number) => Array.from({ length: count }, (_, k) => value(k))
const OPEN_EPHYS = fixture('openephys/Record Node 101')
const CONTINUOUS = 'experiment1/recording2/continuous/nodeacq-100.amp'

/** The vectors hold their sample number in the first channel and its negative in the second. */
async function expectNumbers(file: SampleFile, rows: readonly number[]): Promise<void> {
  const [stream] = file.streams
  expect(stream!.sampleCount).toBe(rows.length)
  const values = (await stream!.read(0, rows.length, 'digital')).toNested() as number[][]
  expect(values.map(([first]) => first)).toEqual(rows)
  expect(values.map(([, second]) => second)).toEqual(rows.map((row) => -row))
}

const BOTH = [...range(50, (k) => 1000 + k), ...range(50, (k) => 4400 + k)]

/** A copy that may be hurt. */
async function copyOf(path: string) {
  const folder = await tempFolder()
  const copy = join(folder.path, 'session')
  await cp(path, copy, { recursive: true })
  return { path: copy, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

function refusal(error: unknown): void {
  if (!(error instanceof RecordingFileError)) throw error
}

describe('Open Ephys binary', () => {
  test('recordings of an experiment are one stream, with a gap between them', async () => {
    await using file = await openSampleFile(OPEN_EPHYS)
    expect(file).toMatchObject({ format: 'Open Ephys binary', warnings: [], details: { guiVersion: '0.6.7' } })
    expect(new Date(file.startTime!).getTime()).toBe(1_709_374_830_000)
    expect(file.streams).toMatchObject([
      {
        name: 'amp',
        sampleRate: 1000,
        startIndex: 1000,
        offset: 0,
        gaps: [{ from: 1050, to: 4400, row: 50 }],
        channelInfo: [
          { name: 'CH1', unit: 'uV', gain: 0.195 },
          { name: 'CH2', unit: 'uV', gain: 0.195 }
        ]
      }
    ])
    await expectNumbers(file, BOTH)
    const physical = await file.streams[0]!.read(49, 51, 'physical')
    expect(physical.toNested()).toEqual([
      [1049 * 0.195, -1049 * 0.195],
      [4400 * 0.195, -4400 * 0.195]
    ])
    expect(await file.events()).toEqual([
      { index: 1010, duration: 10, label: 'TTL 1', value: 1 },
      { index: 4410, duration: 10, label: 'TTL 1', value: 1 }
    ])
  })

  test.each([
    ['', BOTH],
    ['experiment1', BOTH],
    ['experiment1/recording2', BOTH.slice(50)],
    ['experiment1/recording1/structure.oebin', BOTH.slice(0, 50)]
  ])('opened at %j', async (at, rows) => {
    await using file = await openSampleFile(join(OPEN_EPHYS, at))
    expect(file.warnings).toEqual([])
    await expectNumbers(file, rows)
  })

  test('of a program that died: the samples count, not the shapes in the headers, and a cut one is left out', async () => {
    await using copy = await copyOf(OPEN_EPHYS)
    const path = join(copy.path, CONTINUOUS)
    // As Open Ephys leaves it: the header still says 0 rows, and the last numbers were not written.
    const numbers = await readFile(join(path, 'sample_numbers.npy'))
    numbers.write('(0,), }  ', numbers.indexOf('(50,)'), 'latin1')
    await writeFile(join(path, 'sample_numbers.npy'), numbers.subarray(0, numbers.length - 10 * 8 - 3))
    await truncate(join(path, 'continuous.dat'), 49 * 4 + 3)
    await using file = await openSampleFile(copy.path)
    await expectNumbers(file, BOTH.slice(0, 99))
    expect(file.warnings).toEqual([
      expect.stringMatching(/continuous\.dat: the last sample is cut after 3 of 4 bytes/),
      expect.stringMatching(/sample_numbers\.npy: the header says 0 items, the file holds 39/),
      expect.stringMatching(/39 sample numbers for 49 samples; the samples count/)
    ])
  })

  test('a jump of the numbers within a recording is a gap, a step back is not', async () => {
    await using copy = await copyOf(OPEN_EPHYS)
    const path = join(copy.path, CONTINUOUS, 'sample_numbers.npy')
    const numbers = await readFile(path)
    for (let row = 20; row < 50; row++) numbers.writeBigInt64LE(BigInt(4500 + row), 128 + 8 * row)
    for (let row = 40; row < 50; row++) numbers.writeBigInt64LE(BigInt(4500 + row - 20), 128 + 8 * row)
    await writeFile(path, numbers)
    await using file = await openSampleFile(copy.path)
    expect(file.streams[0]!.gaps).toMatchObject([
      { from: 1050, to: 4400, row: 50 },
      { from: 4420, to: 4520, row: 70 }
    ])
    expect(file.warnings).toEqual([expect.stringMatching(/sample 4520 comes after sample 4539; read without a gap/)])
  })

  test('a recording cut at any byte of its files is read up to there, or refused in words', async () => {
    await using copy = await copyOf(OPEN_EPHYS)
    const folder = join(copy.path, 'experiment1/recording2')
    let refused = 0
    for (const name of [
      `continuous/nodeacq-100.amp/continuous.dat`,
      `continuous/nodeacq-100.amp/sample_numbers.npy`,
      'structure.oebin',
      'events/nodeacq-100.amp/TTL/states.npy'
    ]) {
      const whole = await readFile(join(folder, name))
      for (let length = 0; length < whole.length; length += name.endsWith('.oebin') ? 97 : 13) {
        await writeFile(join(folder, name), whole.subarray(0, length))
        const opened = await openSampleFile(folder).catch((error: unknown) => error)
        if (opened instanceof RecordingFileError) {
          refused += 1
          continue
        }
        await using file = opened as SampleFile
        await expectNumbers(file, BOTH.slice(50, 50 + file.streams[0]!.sampleCount))
        await file.events().catch(refusal)
      }
      await writeFile(join(folder, name), whole)
    }
    expect(refused).toBeGreaterThan(20)
  })

  test.each([
    ['"folder_name": "nodeacq-100.amp/"', '"folder_name": "../../other/"', /folder of the recording/],
    ['"num_channels": 2', '"num_channels": 3', /expected 3 channels, got 2/],
    ['"sample_rate": 1000.0', '"sample_rate": 0', /continuous\.0\.sample_rate/]
  ])('%s that is %s is refused', async (from, to, message) => {
    await using copy = await copyOf(OPEN_EPHYS)
    const path = join(copy.path, 'experiment1/recording1/structure.oebin')
    await writeFile(path, (await readFile(path, 'utf8')).replace(from, to))
    await expect(openSampleFile(copy.path)).rejects.toThrow(message)
  })

  test('a folder without a recording is told apart', async () => {
    await using folder = await tempFolder()
    await expect(openSampleFile(folder.path)).rejects.toThrow(/got a folder that holds none/)
  })
})

describe('SpikeGLX', () => {
  const RUN = fixture('spikeglx/run_g0')

  test('triggers of a run are one stream, and bits of the digital word events', async () => {
    await using copy = await copyOf(RUN)
    const path = join(copy.path, 'run_g0_t1.nidq.bin')
    const bytes = await readFile(path)
    for (let row = 20; row < 30; row++) bytes.writeInt16LE(0b101, row * 6 + 4)
    for (let row = 25; row < 50; row++) bytes.writeInt16LE(bytes.readInt16LE(row * 6 + 4) | -0x8000, row * 6 + 4)
    await writeFile(path, bytes)
    await using file = await openSampleFile(copy.path)
    expect(file).toMatchObject({ format: 'SpikeGLX', startTime: '2024-03-02T10:20:30', warnings: [] })
    expect(file.streams).toMatchObject([
      { name: 'nidq', sampleRate: 1000, startIndex: 1000, sampleCount: 100, gaps: [{ from: 1050, to: 4400, row: 50 }] }
    ])
    expect(file.streams[0]!.channelInfo).toEqual([
      { name: 'XA0', unit: 'V', gain: 5 / 32_768, offset: 0 },
      { name: 'XA1', unit: 'V', gain: 5 / 32_768, offset: 0 },
      { name: 'XD0' }
    ])
    const events = (await file.events()).filter(({ index }) => index >= 4400)
    expect(events).toEqual([
      { index: 4410, duration: 30, label: 'XD0.0', value: 0 },
      { index: 4420, duration: 10, label: 'XD0.2', value: 2 },
      { index: 4425, duration: 0, label: 'XD0.15', value: 15 }
    ])
  })

  test.each(['run_g0_t1.nidq.bin', 'run_g0_t1.nidq.meta'])('opened at %s, it is one trigger', async (name) => {
    await using file = await openSampleFile(join(RUN, name))
    expect(file.streams).toMatchObject([{ startIndex: 4400, sampleCount: 50, gaps: [] }])
  })

  test('probes have a stream for each band, with the gains of their own table', async () => {
    await using folder = await tempFolder()
    const meta = (band: string, kinds: string, rate: number, more: string): string =>
      [
        'typeThis=imec',
        'nSavedChans=3',
        `imSampRate=${rate}`,
        'imAiRangeMax=0.6',
        `snsApLfSy=${kinds}`,
        'firstSample=0',
        more,
        `~snsChanMap=(2,2,1)(${band}0;0:0)(${band}1;1:1)(SY0;2:2)`
      ].join('\n')
    const first = '~imroTbl=(0,2)(0 0 0 500 250 1)(1 0 0 1000 125 1)'
    const write = async (probe: number, band: string, text: string): Promise<void> => {
      const base = join(folder.path, `cell_g0_t0.imec${probe}.${band}`)
      await writeFile(`${base}.meta`, text)
      await writeFile(`${base}.bin`, Buffer.alloc(600))
    }
    await write(0, 'ap', meta('AP', '2,0,1', 30_000, first))
    await write(0, 'lf', meta('LF', '0,2,1', 2500, first))
    await write(1, 'ap', meta('AP', '2,0,1', 30_000.5, 'imDatPrb_type=24\nimMaxInt=8192'))
    await using file = await openSampleFile(folder.path)
    expect(file.streams.map(({ name, sampleCount }) => [name, sampleCount])).toEqual([
      ['imec1.ap', 100],
      ['imec0.ap', 100],
      ['imec0.lf', 100]
    ])
    const gains = file.streams.map(({ channelInfo }) => channelInfo.map(({ gain }) => gain))
    expect(gains[0]).toEqual([(0.6 / 8192 / 80) * 1e6, (0.6 / 8192 / 80) * 1e6, undefined])
    expect(gains[1]).toEqual([(0.6 / 512 / 500) * 1e6, (0.6 / 512 / 1000) * 1e6, undefined])
    expect(gains[2]).toEqual([(0.6 / 512 / 250) * 1e6, (0.6 / 512 / 125) * 1e6, undefined])
  })

  test('a file that is shorter than its meta says counts, and what is wrong is named', async () => {
    await using copy = await copyOf(RUN)
    await truncate(join(copy.path, 'run_g0_t1.nidq.bin'), 100)
    await using file = await openSampleFile(copy.path)
    expect(file.streams[0]!.sampleCount).toBe(66)
    expect(file.warnings).toEqual([
      expect.stringMatching(/the last sample is cut after 4 of 6 bytes/),
      expect.stringMatching(/fileSizeBytes is 300, the file has 100 bytes/)
    ])
    const path = join(copy.path, 'run_g0_t0.nidq.meta')
    const text = await readFile(path, 'utf8')
    await rm(join(copy.path, 'run_g0_t1.nidq.meta'))
    expect((await readdir(copy.path)).length).toBe(3)
    for (const [from, to, message] of [
      ['niSampRate=1000', 'niSampRate=fast', /'niSampRate': expected a number, got fast/],
      ['nSavedChans=3', 'nSavedChans=4', /'snsMnMaXaDw': expected 4 in all, got 3/],
      ['typeThis=nidq', 'typeThis=other', /expected nidq, imec or obx, got other/]
    ] as const) {
      await writeFile(path, text.replace(from, to))
      await expect(openSampleFile(copy.path)).rejects.toThrow(message)
    }
  })
})
