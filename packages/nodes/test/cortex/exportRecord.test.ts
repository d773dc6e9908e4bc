import { mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder, waitFor } from 'testing'
import { expect, test } from 'vitest'
import type { CortexSample } from '../../src/index.ts'
import { connectSession, startSimulator } from './startCortex.ts'

test('a record is exported as CSV: the samples that were streamed, motion, bands, metrics and markers', async () => {
  await using folder = await tempFolder()
  await using simulator = await startSimulator({ exports: folder.path })
  await using client = await connectSession(simulator)
  await client.subscribe(['eeg', 'mot'])
  const streamed: CortexSample[] = []
  client.on('sample', (sample) => streamed.push(sample))
  const { record } = await client.createRecord('rest, eyes open')
  await client.injectMarker({ label: 'target', value: '41', time: Date.now() + 100 })
  await waitFor(() => streamed.length > 300)
  await client.stopRecord()
  const all = ['EEG', 'MOTION', 'PM', 'BP']
  expect(await client.exportCsvV2([record.uuid, 'nope'], folder.path, all)).toEqual({
    success: [{ recordId: record.uuid }],
    failure: [{ recordId: 'nope', code: -32058, message: 'not found' }]
  })
  const files = (await readdir(folder.path)).toSorted()
  expect(files).toEqual([
    expect.stringMatching(/^rest_ eyes open_EPOCX_E2020001_[\d.T]+\+00\.00\.md\.pm\.bp\.csv$/),
    expect.stringMatching(/^rest_ eyes open_EPOCX_E2020001_[\d.T]+\+00\.00_intervalMarker\.csv$/)
  ])
  const [about = '', header = '', ...rows] = (await readFile(join(folder.path, files[0]!), 'utf8')).trim().split('\n')
  const names = header.split(',')
  expect(about).toContain('title:rest  eyes open, start timestamp:')
  expect(about).toContain(
    `headset type:EPOCX, headset serial:E2020001, headset firmware:625, channels:${names.length},`
  )
  expect(about).toContain(`sampling rate:eeg_256;mot_64;met_2;pow_8, samples:${rows.length} , version:2.1,`)
  expect(names.slice(0, 5)).toEqual(['Timestamp', 'EEG.Counter', 'EEG.Interpolated', 'EEG.AF3', 'EEG.F7'])
  expect(names).toEqual(
    expect.arrayContaining([
      'EEG.RawCq',
      'MarkerIndex',
      'CQ.Overall',
      'EQ.OVERALL',
      'MOT.CounterMems',
      'MOT.AccX',
      'MOT.Q0'
    ])
  )
  expect(names).toEqual(
    expect.arrayContaining(['PM.Engagement.Scaled', 'PM.Stress.IsActive', 'PM.LongTermExcitement', 'POW.AF4.BetaH'])
  )
  const table = rows.map((row) => row.split(','))
  expect(table.every((cells) => cells.length === names.length)).toBe(true)
  const seconds = table.map(([time]) => Number(time))
  for (const [k, time] of seconds.entries()) expect(time - seconds[0]!).toBeCloseTo(k / 256, 4)
  const samplesOf = (stream: string) => streamed.filter((sample) => sample.stream === stream)
  const byTime = new Map(table.map((cells) => [Number(cells[0]).toFixed(3), cells]))
  const compared = samplesOf('eeg').flatMap(({ time, values }) => {
    const cells = byTime.get(time.toFixed(3))
    return cells ? [[cells.slice(1, 17).map(Number), values.slice(0, 16)]] : []
  })
  expect(compared.length).toBeGreaterThan(150)
  expect(compared.filter(([exported, seen]) => JSON.stringify(exported) !== JSON.stringify(seen))).toEqual([])
  const counter = names.indexOf('MOT.CounterMems')
  const motion = table.map((cells) => cells[counter]).filter((text) => text !== '')
  expect(motion).toEqual(motion.map((_, k) => String((Number(motion[0]) + k) % 64)))
  const index = names.indexOf('MarkerIndex')
  expect(table.filter((cells) => cells[index] !== '0').map((cells) => cells.slice(index, index + 3))).toEqual([
    ['1', '1', '41']
  ])
  const markers = (await readFile(join(folder.path, files[1]!), 'utf8')).trim().split('\n')
  expect(markers[0]).toBe('latency,duration,type,marker_value,key,timestamp,marker_id')
  expect(markers[1]).toMatch(/^0\.\d+,0,target,41,-1,\d+(\.\d+)?,1$/)
})

test('what is not written is told: other formats, other folders, files that are there, a record in progress', async () => {
  await using folder = await tempFolder()
  await using elsewhere = await tempFolder()
  await mkdir(join(folder.path, 'out'))
  await symlink(elsewhere.path, join(folder.path, 'link'))
  await using simulator = await startSimulator({ exports: folder.path })
  await using client = await connectSession(simulator)
  const { record } = await client.createRecord('r')
  const reason = async (into: string, more: object = {}) => {
    const options = { folder: into, format: 'CSV', version: 'V2', streamTypes: ['EEG'], ...more } as const
    return (await client.exportRecord([record.uuid], options)).failure[0]?.message
  }
  expect(await reason('out')).toBe('the record is in progress: stop it first')
  await client.stopRecord()
  expect(await reason('out', { format: 'EDF', version: undefined })).toBe(
    'format EDF: the simulator writes CSV V2 only'
  )
  expect(await reason('out', { version: 'V1' })).toBe('format CSV V1: the simulator writes CSV V2 only')
  expect(await reason('out', { streamTypes: ['EEG', 'X'] })).toBe('streamTypes: expected EEG, MOTION, PM, BP, got X')
  for (const outside of ['..', elsewhere.path, 'link'])
    expect(await reason(outside)).toMatch(/^folder: expected one below/)
  expect(await reason('missing')).toMatch(/ENOENT/)
  expect(await reason('out')).toBeUndefined()
  expect(await reason('out')).toMatch(/EEXIST/)
  expect(await readdir(elsewhere.path)).toEqual([])
  await expect(reason('out', { format: 'EDF' })).rejects.toMatchObject({ cortexCode: -32602 })
})
