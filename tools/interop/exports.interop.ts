import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { convertRecording, type GapMode } from '@nodeacq/nodes'
import { tempFolder } from 'testing'
import { expect, test } from 'vitest'
import { runPython } from './python.ts'
import { recordSession } from './recordSession.ts'

interface Found {
  readonly values: readonly number[]
  readonly kept?: number
  readonly annotations?: readonly (readonly [number, string])[]
  readonly microsecond?: number
  readonly rate?: number
  readonly events?: number
  readonly error?: string
}

const value = (index: number): number => index + 1
/** Samples of one stretch. */
const stretch = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, k) => value(from + k))

test('MNE, pyEDFlib, edfio and neo read what recordings are converted to, in each mode of gaps', async () => {
  await using folder = await tempFolder()
  const source = join(folder.path, 'session.mcap')
  await recordSession(source, {
    channels: ['C3', 'C4'],
    sampleOf: (index) => [value(index), -value(index)],
    pieces: [
      [0, 600],
      [1650, 2000]
    ]
  })
  const files: Record<string, readonly string[]> = {}
  for (const [to, extension] of [
    ['edf', '.edf'],
    ['bdf', '.bdf'],
    ['brainvision', '.vhdr']
  ] as const) {
    for (const gaps of ['fill', 'native', 'split'] as const satisfies GapMode[]) {
      const report = await convertRecording(source, join(folder.path, `${gaps}${extension}`), { to, gaps })
      files[`${to} ${gaps}`] = report.files.filter((path) => path.endsWith(extension))
    }
  }
  const lines = await runPython('read_exports.py', Object.values(files).flat())
  const found = new Map(
    Object.values(files)
      .flat()
      .map((path, k) => [path, JSON.parse(lines[k]!) as Record<string, Found>])
  )
  const of = (name: string): Record<string, Found>[] => files[name]!.map((path) => found.get(path)!)
  const filled = [...stretch(0, 600), ...Array.from({ length: 1050 }, () => 0), ...stretch(1650, 2000)]
  const lost = [1.2, 'lost 1050 samples: device']

  for (const kind of ['edf', 'bdf']) {
    const [fill] = of(`${kind} fill`)
    for (const reader of ['pyedflib', 'edfio']) {
      const { values, annotations, error } = fill![reader]!
      expect(error).toBeUndefined()
      expect(values.map((each, k) => (k >= 600 && k < 1650 ? 0 : each))).toEqual(filled)
      expect(annotations).toEqual(expect.arrayContaining([[0.5, 'Stimulus/S  7'], [1.2, 'BAD_gap'], lost]))
    }
    // pyEDFlib 0.1.42 divides the fraction by ten once too often.
    const sidecar = await readFile(join(folder.path, `fill.${kind}.nodeacq.json`), 'utf8')
    const { started } = JSON.parse(sidecar) as { started: string }
    expect(fill!['edfio']!.microsecond).toBe(Number(started.split('.')[1]))
    expect(fill!['mne']).toMatchObject({ samples: 2000, kept: 950, rate: 500 })

    const [native] = of(`${kind} native`)
    // As they do with every discontinuous file: refused by one, read as one stretch by the others.
    expect(native!['pyedflib']!.error).toMatch(/discontinuous/i)
    const stretches = native!['edfio']!.values
    expect(stretches.slice(0, 600)).toEqual(stretch(0, 600))
    expect(stretches.slice(1000, 1350)).toEqual(stretch(1650, 2000))

    const [one, two] = of(`${kind} split`)
    for (const reader of ['pyedflib', 'edfio', 'mne']) {
      const near = (values: readonly number[]): number[] => values.map((each) => Math.round(each))
      expect(near(one![reader]!.values.slice(0, 600))).toEqual(stretch(0, 600))
      expect(near(two![reader]!.values.slice(0, 350))).toEqual(stretch(1650, 2000))
    }
  }
  const [fill] = of('brainvision fill')
  expect(fill!['mne']!.values).toEqual(filled)
  expect(fill!['mne']!.annotations).toEqual(expect.arrayContaining([[0.5, 'Stimulus/S  7']]))
  expect(fill!['mne']!.kept).toBe(950)
  expect(fill!['neo']!.values).toEqual(filled)
  const [native] = of('brainvision native')
  for (const reader of ['mne', 'neo'])
    expect(native![reader]!.values).toEqual([...stretch(0, 600), ...stretch(1650, 2000)])
  const [one, two] = of('brainvision split')
  for (const reader of ['mne', 'neo']) {
    expect(one![reader]!.values).toEqual(stretch(0, 600))
    expect(two![reader]!.values).toEqual(stretch(1650, 2000))
  }
}, 60_000)
