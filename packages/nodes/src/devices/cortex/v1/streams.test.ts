import { expect, test } from 'vitest'
import { toV1Stream, toV2Stream } from './streams.ts'

const SENSORS = ['AF3', 'T7', 'Pz', 'T8', 'AF4']
const EEG = ['COUNTER', 'INTERPOLATED', ...SENSORS, 'RAW_CQ', 'MARKER_HARDWARE', 'MARKERS']

test('eeg has sensors and the index of a marker, which comes back with its label', () => {
  const older = toV1Stream('eeg', EEG)
  expect(older.cols).toEqual([...SENSORS, 'MARKER'])
  const labels = ['rest', 'target']
  const marked = older.values([5, 0, 1, 2, 3, 4, 5, 0, 0, [{ label: 'target' }]], labels)
  expect(marked).toEqual([1, 2, 3, 4, 5, 1])
  expect(older.values([5, 0, 1, 2, 3, 4, 5, 0, 0, []], labels)).toEqual([1, 2, 3, 4, 5, null])
  const newer = toV2Stream('eeg', older.cols)
  expect(newer.cols).toEqual([...SENSORS, 'MARKERS'])
  expect(newer.values(marked, labels)).toEqual([1, 2, 3, 4, 5, [{ label: 'target', value: 1 }]])
  expect(newer.values(marked, [])).toEqual([1, 2, 3, 4, 5, [{ label: 'marker 1', value: 1 }]])
  expect(newer.values([1, 2, 3, 4, 5, null], labels)).toEqual([1, 2, 3, 4, 5, []])
  // The document's own example has no such column.
  expect(toV2Stream('eeg', SENSORS).values([1, 2, 3, 4, 5], [])).toEqual([1, 2, 3, 4, 5])
})

test('numbers of the others are picked from those of Cortex 2', () => {
  const values = (stream: string, cols: (string | string[])[], got: unknown[]) => {
    const form = toV1Stream(stream, cols)
    return Object.fromEntries(form.cols.map((name, k) => [name, form.values(got, [])[k]]))
  }
  expect(
    values('mot', ['COUNTER_MEMS', 'INTERPOLATED_MEMS', 'GYROX', 'GYROY', 'GYROZ', 'ACCX'], [1, 0, 2, 3, 4, 5])
  ).toEqual({
    gyroX: 2,
    gyroY: 3,
    gyroZ: 4
  })
  expect(values('mot', ['COUNTER_MEMS', 'INTERPOLATED_MEMS', 'Q0', 'Q1', 'ACCX'], [1, 0, 2, 3, 4])).toEqual({
    q0: 2,
    q1: 3
  })
  expect(values('dev', ['Battery', 'Signal', ['AF3', 'OVERALL'], 'BatteryPercent'], [3, 1, [4, 93], 80])).toEqual({
    battery: 3,
    signal: 1,
    contact: 93
  })
  expect(values('con', ['batteryPercent', 'overall', 'sampleRateQuality', 'AF3', 'T7'], [80, 88, 1, 4, 2])).toEqual({
    ALL: 88,
    AF3: 4,
    T7: 2
  })
  const bands = SENSORS.slice(0, 2).flatMap((one) =>
    ['theta', 'alpha', 'betaL', 'betaH', 'gamma'].map((b) => `${one}/${b}`)
  )
  expect(values('pow', bands, [1, 2, 3, 4, 5, 3, 4, 5, 6, 7])).toEqual({
    Theta: 2,
    Alpha: 3,
    BetaL: 4,
    BetaH: 5,
    Gamma: 6
  })
  const met = [
    'eng.isActive',
    'eng',
    'exc.isActive',
    'exc',
    'lex',
    'str.isActive',
    'str',
    'rel.isActive',
    'rel',
    'int.isActive',
    'int',
    'foc.isActive',
    'foc'
  ]
  expect(values('cog', met, [true, 1, true, 2, 3, true, 4, false, null, true, 6, true, 7])).toEqual({
    ENG: 1,
    EXC: 2,
    LEX: 3,
    FRU: 4,
    REL: null,
    INT: 6,
    FOC: 7
  })
})

test('commands and faces have a column each, and come back as names', () => {
  const com = toV1Stream('com', ['act', 'pow'])
  expect(com.cols).toEqual(['Neutral', 'Push', 'Pull', 'MoveU', 'MoveD', 'MoveL', 'MoveR'])
  const fac = toV1Stream('fac', ['eyeAct', 'uAct', 'uPow', 'lAct', 'lPow'])
  for (const command of [
    ['lift', 0.7],
    ['push', 0.2],
    ['neutral', 0]
  ]) {
    expect(toV2Stream('com', com.cols).values(com.values(command, []), [])).toEqual(command)
  }
  for (const face of [
    ['blink', 'surprise', 0.4, 'smirkLeft', 0.5],
    ['winkL', 'neutral', 0, 'clench', 1],
    ['winkR', 'frown', 0.1, 'neutral', 0],
    ['neutral', 'neutral', 0, 'smirkRight', 0.3]
  ]) {
    expect(toV2Stream('fac', fac.cols).values(fac.values(face, []), [])).toEqual(face)
  }
})

test('training is told as on stream sys', () => {
  const form = toV2Stream('pro', ['Command', 'Number', 'Score', 'Status'])
  expect(form.values(['moveR', 1, 0.5, 'complete'], [])).toEqual(['mentalCommand', 'MC_Completed'])
  expect(form.values(['smile', 0, 0, 'started'], [])).toEqual(['facialExpression', 'FE_Started'])
})
