import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSampleFile, RecordingFileError } from '../src/index.ts'
import { indexOfRow, segmentsOf } from '../src/files/timeline.ts'

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/edf/${name}`, import.meta.url))
const range = (count: number, value: (k: number) => number) => Array.from({ length: count }, (_, k) => value(k))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nodeacq-edf-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('EDF+', () => {
  test('signals of each rate are a stream, highest rate first', async () => {
    await using file = await openSampleFile(fixture('edfplus_c.edf'))
    expect(file.format).toBe('EDF+C')
    expect(file.startTime).toBe('2024-03-02T10:20:30')
    expect(file.details).toMatchObject({ patient: 'X X X X', recording: 'Startdate 02-MAR-2024 X X nodeacq' })
    expect(file.warnings).toEqual([])
    expect(
      file.streams.map(({ name, sampleRate, sampleCount, channelInfo }) => [name, sampleRate, sampleCount, channelInfo])
    ).toEqual([
      [
        'signals',
        10,
        30,
        [
          {
            name: 'EEG Fpz-Cz',
            unit: 'uV',
            gain: 0.1,
            offset: 0,
            transducer: 'AgAgCl electrode',
            prefilter: 'HP:0.1Hz LP:75Hz',
            physicalMin: -3276.8,
            physicalMax: 3276.7,
            digitalMin: -32768,
            digitalMax: 32767
          }
        ]
      ],
      ['signals2', 2, 6, [expect.objectContaining({ name: 'Temp rectal', unit: 'degC' })]]
    ])
  })

  test('digital values are the stored integers, physical ones gain × stored + offset', async () => {
    await using file = await openSampleFile(fixture('edfplus_c.edf'))
    const [eeg, temperature] = file.streams as [(typeof file.streams)[0], (typeof file.streams)[0]]
    const digital = await eeg.read(0, 30, 'digital')
    expect(digital.dtype.name).toBe('int16')
    expect(digital.shape).toEqual([30, 1])
    expect([...digital.typed()]).toEqual(range(30, (k) => 7 * k))
    const physical = await eeg.read(0, 30, 'physical')
    expect(physical.dtype.name).toBe('float64')
    expect([...physical.typed()]).toEqual(range(30, (k) => 7 * k * 0.1))
    const { gain = NaN, offset = NaN } = temperature.channelInfo[0]!
    // What MNE computes from the 8-character fields, bit for bit.
    expect(gain).toBe((40.2 - 34.4) / (2047 + 2048))
    expect(offset).toBe(34.4 + 2048 * gain)
    expect([...(await temperature.read(0, 6, 'physical')).typed()]).toEqual(range(6, (k) => -3 * k * gain + offset))
  })

  test('any range of rows is the same part of the whole', async () => {
    await using file = await openSampleFile(fixture('edfplus_c.edf'))
    const [stream] = file.streams
    const whole = [...(await stream!.read(0, 30, 'digital')).typed()]
    for (const [from, to] of [
      [0, 0],
      [3, 7],
      [9, 11],
      [5, 25],
      [29, 30],
      [30, 30]
    ] as const) {
      expect([...(await stream!.read(from, to, 'digital')).typed()]).toEqual(whole.slice(from, to))
    }
    await expect(stream!.read(0, 31, 'digital')).rejects.toThrow(RangeError)
    await expect(stream!.read(-1, 3, 'digital')).rejects.toThrow(RangeError)
  })

  test('annotations are events at samples of the first stream', async () => {
    await using file = await openSampleFile(fixture('edfplus_c.edf'))
    expect(await file.events()).toEqual([{ index: 13, duration: 5, label: 'stim ü', value: 0 }])
  })

  test('a start between two seconds moves the start and not the events', async () => {
    await using file = await openSampleFile(fixture('edfplus_c_subsecond.edf'))
    expect(file.startTime).toBe('2024-03-02T10:20:30.125')
    expect(await file.events()).toEqual([{ index: 15, duration: 5, label: 'ev', value: 0 }])
  })

  test('records of a discontinuous file that do not follow each other are gaps, at every rate', async () => {
    await using file = await openSampleFile(fixture('edfplus_d_gap.edf'))
    expect(file.format).toBe('EDF+D')
    expect(file.streams.map(({ gaps }) => gaps)).toEqual([
      [{ from: 20, to: 55, row: 20, cause: 'device' }],
      [{ from: 4, to: 11, row: 4, cause: 'device' }]
    ])
    const segments = segmentsOf(file.streams[0]!)
    expect(segments).toEqual([
      { row: 0, index: 0, count: 20 },
      { row: 20, index: 55, count: 10 }
    ])
    expect(indexOfRow(segments, 25)).toBe(60)
    expect((await file.events()).map(({ index, label }) => [index, label])).toEqual([
      [13, 'stim ü'],
      [55, 'Recording continues']
    ])
  })

  test.each([
    ['edfplus_open.edf', 30, /-1 \(the recording was not closed\).* holds 3/],
    ['edfplus_stale_count.edf', 70, /says 3 records, .* holds 7/],
    ['edfplus_torn.edf', 60, /last record is cut after 63 of 100 bytes/]
  ])('%s: whole records are read and a warning is given', async (name, samples, warning) => {
    await using file = await openSampleFile(fixture(name))
    expect(file.streams[0]!.sampleCount).toBe(samples)
    expect(file.warnings.join('\n')).toMatch(warning)
    expect((await file.streams[0]!.read(0, samples, 'digital')).length).toBe(samples)
  })
})

describe('BDF', () => {
  test('24-bit extremes come back exactly', async () => {
    await using file = await openSampleFile(fixture('bdfplus_c.bdf'))
    const digital = await file.streams[0]!.read(0, 10, 'digital')
    expect(digital.dtype.name).toBe('int32')
    expect([...digital.typed()]).toEqual([-8388608, 8388607, -1, 0, 1, 0, 65536, -65537, 0, 0])
  })

  test('BDF+D: gaps between records', async () => {
    await using file = await openSampleFile(fixture('bdfplus_d_gap.bdf'))
    expect(file.format).toBe('BDF+D')
    expect(file.streams[0]!.gaps).toEqual([{ from: 20, to: 55, row: 20, cause: 'device' }])
  })

  test('changes of the Status channel are events, and the channel stays', async () => {
    await using file = await openSampleFile(fixture('bdfplus_status.bdf'))
    expect(await file.events()).toEqual([{ index: 13, duration: 2, label: '5', value: 5 }])
    expect(file.streams[0]!.channelInfo.map(({ name }) => name)).toEqual(['C3', 'Status'])
    const status = (await file.streams[0]!.read(12, 15, 'digital')).column(1)
    expect(status.toNested()).toEqual([65536, 65541, 65541])
  })
})

describe('scaling', () => {
  interface Scaling {
    cases: {
      name: string
      kind: string
      digitalMin: number
      digitalMax: number
      physicalMinField: string
      physicalMaxField: string
      storedGain: number
      digital: number[]
      physical: number[]
      error?: string
    }[]
  }
  test('gain and values agree with pyEDFlib for every vector', async () => {
    const { cases } = JSON.parse(await readFile(fixture('scaling.json'), 'utf8')) as Scaling
    expect(cases.length).toBeGreaterThan(5)
    for (const vector of cases.filter(({ error }) => error === undefined)) {
      const path = join(folder, `${vector.name.replaceAll(/[^\w]/g, '_')}.edf`)
      await writeFile(path, minimalFile(vector))
      await using file = await openSampleFile(path)
      const [stream] = file.streams
      expect(stream!.channelInfo[0]!.gain).toBe(vector.storedGain)
      expect([...(await stream!.read(0, vector.digital.length, 'digital')).typed()]).toEqual(vector.digital)
      const physical = [...(await stream!.read(0, vector.digital.length, 'physical')).typed()] as number[]
      for (const [k, value] of vector.physical.entries()) {
        expect(Math.abs(physical[k]! - value)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(value)))
      }
    }
  })
})

describe('damaged files', () => {
  test('a wrong field is named with its bytes, what was expected and what is there', async () => {
    const path = await variant('edfplus_c.edf', (bytes) => bytes.write('abcd', 252, 'latin1'))
    await expect(openSampleFile(path)).rejects.toThrow(
      new RecordingFileError(path, {
        where: "'number of signals', bytes 252–256",
        expected: 'a decimal number',
        got: '"abcd"'
      })
    )
  })

  test.each([
    [
      'header length',
      (bytes: Buffer) => bytes.write('999     ', 184, 'latin1'),
      /'bytes in header', bytes 184–192.*1024/
    ],
    [
      'digital minimum',
      (bytes: Buffer) => bytes.write('x       ', 616, 'latin1'),
      /'digital minimum of signal 0 \(EEG Fpz-Cz\)', bytes 616–624/
    ],
    [
      'seconds per record',
      (bytes: Buffer) => bytes.write('0       ', 244, 'latin1'),
      /seconds per record.*more than 0/
    ],
    ['samples per record', (bytes: Buffer) => bytes.write('-5      ', 904, 'latin1'), /samples per record of signal 0/],
    ['version', (bytes: Buffer) => bytes.write('1       ', 0, 'latin1'), /version, bytes 0–8/]
  ])('%s', async (_, damage, message) => {
    const path = await variant('edfplus_c.edf', damage)
    await expect(openSampleFile(path)).rejects.toThrow(RecordingFileError)
    await expect(openSampleFile(path)).rejects.toThrow(message)
  })

  test.each(['edfplus_d_gap.edf', 'bdfplus_status.bdf'])(
    '%s cut at any byte gives whole records or a typed error',
    async (name) => {
      const whole = await readFile(fixture(name))
      await using intact = await openSampleFile(fixture(name))
      const truth = [...(await intact.streams[0]!.read(0, 30, 'digital')).typed()]
      const path = join(folder, `cut${name.slice(-4)}`)
      for (let length = 0; length < whole.length; length += length < 1000 ? 61 : 7) {
        await writeFile(path, whole.subarray(0, length))
        const outcome = await attempt(async () => {
          await using file = await openSampleFile(path)
          const [stream] = file.streams
          const values = [...(await stream!.read(0, stream!.sampleCount, 'digital')).typed()]
          await file.events()
          return { isPrefix: values.every((value, k) => value === truth[k]), warns: file.warnings.length > 0 }
        })
        expect([{ isPrefix: true, warns: true }, RecordingFileError]).toContainEqual(outcome)
      }
    }
  )

  test('a byte changed anywhere in the header is read or refused, nothing else', async () => {
    const whole = await readFile(fixture('edfplus_c.edf'))
    const path = join(folder, 'flip.edf')
    for (let at = 0; at < 1024; at += 3) {
      const bytes = Buffer.from(whole)
      bytes[at] = bytes[at]! ^ (1 << (at % 8))
      await writeFile(path, bytes)
      const outcome = await attempt(async () => {
        await using file = await openSampleFile(path)
        for (const stream of file.streams) await stream.read(0, stream.sampleCount, 'physical')
        await file.events()
      })
      expect([undefined, RecordingFileError]).toContain(outcome)
    }
  })

  test('a file that is not there, or is something else, is named', async () => {
    await expect(openSampleFile(join(folder, 'none.edf'))).rejects.toThrow(/none\.edf.*ENOENT/)
    await expect(openSampleFile(folder)).rejects.toThrow(/a folder that holds none/)
    const other = join(folder, 'notes.txt')
    await writeFile(other, 'hello')
    await expect(openSampleFile(other)).rejects.toThrow(/EDF\/BDF, BrainVision, .*RawRecorder folder.*unknown format/)
  })
})

/** What the action gives, or the class of the error it throws. */
async function attempt(action: () => Promise<unknown>): Promise<unknown> {
  try {
    return await action()
  } catch (error) {
    return (error as Error).constructor
  }
}

async function variant(name: string, damage: (bytes: Buffer) => unknown): Promise<string> {
  const bytes = await readFile(fixture(name))
  damage(bytes)
  const path = join(folder, `variant-${name}`)
  await writeFile(path, bytes)
  return path
}

/** One channel, one record of one second with the given digital values. */
function minimalFile(vector: {
  kind: string
  digitalMin: number
  digitalMax: number
  physicalMinField: string
  physicalMaxField: string
  digital: readonly number[]
}): Buffer {
  const isEdf = vector.kind === 'EDF'
  const head = [
    [isEdf ? '0' : '\xffBIOSEMI', 8],
    ['X X X X', 80],
    ['Startdate X X X X', 80],
    ['01.01.20', 8],
    ['00.00.00', 8],
    ['512', 8],
    ['', 44],
    ['1', 8],
    ['1', 8],
    ['1', 4],
    ['C3', 16],
    ['', 80],
    ['uV', 8],
    [vector.physicalMinField, 8],
    [vector.physicalMaxField, 8],
    [`${vector.digitalMin}`, 8],
    [`${vector.digitalMax}`, 8],
    ['', 80],
    [`${vector.digital.length}`, 8],
    ['', 32]
  ] as const
  const size = isEdf ? 2 : 3
  const data = Buffer.alloc(vector.digital.length * size)
  for (const [k, value] of vector.digital.entries()) data.writeIntLE(value, k * size, size)
  return Buffer.concat([Buffer.from(head.map(([text, length]) => text.padEnd(length)).join(''), 'latin1'), data])
}
