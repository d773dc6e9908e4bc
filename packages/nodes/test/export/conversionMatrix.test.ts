import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NdArray } from '@nodeacq/ndarray'
import { makeEvents, OutputStream, type InputStream } from '@nodeacq/stream'
import { seededRandom, tempFolder, type TempFolder } from 'testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { convertRecording, exportTargets, openSampleFile, Recorder, type RecordedEvent } from '../../src/index.ts'

const SEED = Number(process.env['NODEACQ_SEED'] ?? 1)
const EEG = ['Fp1', 'µ, "tab"', 'Schläfe links, oben hinter dem Ohr'].map((name) => ({ name, unit: 'µV', gain: 0.195 }))

let folder: TempFolder
let log: string
beforeAll(async () => {
  folder = await tempFolder()
  log = join(folder.path, 'rich.mcap')
  await record(log)
})
afterAll(() => folder[Symbol.asyncDispose]())

/** Streams of several rates and dtypes, gaps of two causes, NaN, events, and one that few formats hold. */
async function record(file: string): Promise<void> {
  const random = seededRandom(SEED)
  const outputs = {
    eeg: new OutputStream({ dtype: 'int16', shape: [-1, 3], sampleRate: 500, channelInfo: EEG }),
    wide: new OutputStream({ dtype: 'int32', shape: [-1, 2], sampleRate: 500 }),
    'Größe/2': new OutputStream({
      dtype: 'float32',
      shape: [-1, 1],
      sampleRate: 100,
      channelInfo: [{ name: 'T°', unit: 'degC' }]
    }),
    depth: new OutputStream({
      dtype: 'uint16',
      shape: [-1, 1],
      sampleRate: 50,
      channelInfo: [{ name: 'z', unit: 'm', gain: 0.001, offset: -2 }]
    }),
    position: new OutputStream({
      dtype: [
        ['x', '<f4'],
        ['ok', '|b1']
      ],
      shape: [-1],
      sampleRate: 100
    }),
    marks: new OutputStream({ streamType: 'event', dtype: makeEvents([]).dtype, shape: [-1], eventsOf: 'eeg' })
  }
  await using recorder = new Recorder({ name: 'disk' })
  await recorder.configure({ file, certificate: false })
  for (const [name, output] of Object.entries(outputs)) {
    await output.configure({ protocol: 'inproc' })
    await (recorder.stream('input', name) as InputStream).connect(output)
  }
  await recorder.initialize()
  for (const output of Object.values(outputs)) output.startRun()
  await recorder.start()
  const { eeg, wide, 'Größe/2': size, depth, position, marks } = outputs
  const whole = (rows: number, width: number, limit: number, dtype: string): NdArray =>
    NdArray.fromTyped(
      Float64Array.from({ length: rows * width }, () => Math.floor((random() * 2 - 1) * limit)),
      [rows, width]
    ).astype(dtype)
  await eeg.send(whole(700, 3, 2 ** 15, 'int16'), 700)
  eeg.skip({ from: 700, to: 740, cause: 'overrun' })
  await eeg.send(whole(760, 3, 2 ** 15, 'int16'), 1500)
  await wide.send(whole(1500, 2, 2 ** 31, 'int32'), 1500)
  await size.send(
    NdArray.from(
      Array.from({ length: 300 }, (_, k) => [k === 20 ? NaN : 36 + k / 100]),
      'float32'
    ),
    300
  )
  await depth.send(
    NdArray.from(
      Array.from({ length: 100 }, (_, k) => [1900 + k]),
      'uint16'
    ),
    100
  )
  await depth.send(
    NdArray.from(
      Array.from({ length: 40 }, (_, k) => [1900 + k]),
      'uint16'
    ),
    150
  )
  await position.send(
    NdArray.zeros(
      [300],
      [
        ['x', '<f4'],
        ['ok', '|b1']
      ]
    ),
    300
  )
  await marks.send(
    makeEvents([
      { index: 250, label: 'Stimulus/S  7', value: 7 },
      { index: 1000, label: 'µ go', duration: 50 }
    ])
  )
  for (const output of Object.values(outputs)) await output.endRun()
  const error = await recorder.finished()
  for (const output of Object.values(outputs)) await output.close()
  if (error !== undefined) throw new Error(`the recorder failed: ${String(error)}`)
}

const SETTINGS: Readonly<Record<string, Record<string, unknown>>> = {
  bids: { subject: '01', task: 'rest', reference: 'Cz', powerLineFrequency: 50 }
}

interface Sidecar {
  readonly startedUtc: string
  readonly streams: Record<
    string,
    { dtype: unknown; gaps: unknown; channelInfo: unknown; received: number; first: number }
  >
  readonly events: readonly RecordedEvent[]
  readonly conversion: object
}

test.each(Object.keys(exportTargets))(
  '%s: what it does not hold is reported, and in the file beside it',
  async (to) => {
    await using source = await openSampleFile(log)
    const path = join(folder.path, `rich-${to}${exportTargets[to]!.extension}`)
    const report = await convertRecording(log, path, { to, ...(SETTINGS[to] && { set: SETTINGS[to] }) })
    const told = (name: string): boolean => report.dropped.some((sentence) => sentence.includes(`'${name}'`))
    for (const { name, gaps } of source.streams) {
      const conversion = report.streams.find(({ stream }) => stream === name)
      expect([name, conversion !== undefined || told(name)]).toEqual([name, true])
      expect([name, conversion?.gaps.count ?? gaps.length]).toEqual([name, gaps.length])
    }
    const sidecar = JSON.parse(await readFile(report.files.at(-1)!, 'utf8')) as Sidecar
    expect(sidecar.startedUtc).toBe(String(source.startUtc))
    expect(sidecar.conversion).toEqual(JSON.parse(JSON.stringify(report)))
    expect(sidecar.events).toEqual(await source.events())
    for (const { name, dtype, gaps, channelInfo, sampleCount, startIndex } of source.streams) {
      expect(sidecar.streams[name]).toMatchObject({
        dtype: JSON.parse(JSON.stringify(dtype.toWire())) as unknown,
        gaps,
        channelInfo: JSON.parse(JSON.stringify(channelInfo)) as unknown,
        received: sampleCount,
        first: startIndex
      })
    }
    expect(sidecar.streams['eeg']!.gaps).toMatchObject([{ from: 700, to: 740, cause: 'overrun' }])
  }
)
