import { readFileSync } from 'node:fs'
import { ConfigError, DeviceError } from '@nodeacq/core'
import { waitFor } from 'testing'
import { describe, expect, test } from 'vitest'
import { parseCortexMessage } from '../../src/devices/cortex/messages.ts'
import { CortexSimulator, parseFault, simulators, type CortexSample } from '../../src/index.ts'
import { Peer } from './Peer.ts'
import { differences, shapeOf } from './shapes.ts'
import { connectClient, connectSession, CREDENTIALS, startSimulator } from './startCortex.ts'

interface Exchange {
  readonly name: string
  readonly request: { readonly id: number; readonly method: string; readonly params?: Record<string, unknown> }
  readonly response: { readonly result?: unknown; readonly error?: { readonly code: number } }
}

const vectors = JSON.parse(
  readFileSync(new URL('../fixtures/cortex_rpc_and_streams.json', import.meta.url), 'utf8')
) as {
  exchanges: Exchange[]
  malformed: { name: string; sendText: string; response: { id: unknown; error: { code: number } } }[]
  streams: { stream: string; cols: unknown[]; sample: Record<string, unknown>; rateHz: number }[]
}

test('every exchange of the vectors is answered in its shape', async () => {
  await using simulator = await startSimulator({ clientId: 'cid', clientSecret: 'sec', refusals: 1 })
  await using peer = await Peer.connect(simulator)
  const actual = new Map<string, unknown>()
  const real = (name: string, value: unknown) =>
    actual.has(name) && value !== 'x' && value !== 'nope' ? actual.get(name) : value

  for (const { name, request, response } of vectors.exchanges) {
    if (name === 'login query nobody') continue
    const { id, method, params = {} } = request
    if (method === 'createSession' && name === 'create session') {
      await peer.ask(
        JSON.stringify({ id: 'c', method: 'controlDevice', params: { command: 'connect', headset: 'EPOCX-E2020001' } }),
        'c'
      )
      await waitFor(() => simulator.model.headsets.get('EPOCX-E2020001')!.status === 'connected')
    }
    if (name === 'setup profile') {
      const create = { cortexToken: actual.get('cortexToken'), status: 'create', profile: 'p1' }
      await peer.ask(JSON.stringify({ id: 'p', method: 'setupProfile', params: create }), 'p')
    }
    if (name === 'current profile none') simulator.model.loaded.clear()
    if (method === 'updateHeadset') params['headset'] = 'EPOCX-E2020001'
    const sent = Object.fromEntries(Object.entries(params).map(([key, value]) => [key, real(key, value)]))
    if (Array.isArray(params['recordIds'])) sent['recordIds'] = [actual.get('record'), 'nope']
    const answer = await peer.ask(JSON.stringify({ id, jsonrpc: '2.0', method, params: sent }), id)
    const { code } = (answer['error'] ?? {}) as { code?: number }
    expect({ name, jsonrpc: answer['jsonrpc'], code }).toEqual({ name, jsonrpc: '2.0', code: response.error?.code })
    const problems = response.error ? [] : differences(shapeOf(answer['result']), shapeOf(response.result))
    expect({ name, problems }).toEqual({ name, problems: [] })
    const result = answer['result'] as Record<string, unknown> | undefined
    if (result?.['cortexToken'] !== undefined) actual.set('cortexToken', result['cortexToken'])
    if (name === 'create session') actual.set('session', result!['id'])
    if (method === 'createRecord') actual.set('record', (result!['record'] as Record<string, unknown>)['uuid'])
    if (method === 'injectMarker') actual.set('markerId', (result!['marker'] as Record<string, unknown>)['uuid'])
  }
})

test('what is no request is answered as JSON-RPC says', async () => {
  await using simulator = await startSimulator()
  await using peer = await Peer.connect(simulator)
  for (const { sendText, response } of vectors.malformed) {
    const answer = await peer.ask(sendText, response.id)
    expect(answer).toMatchObject({ id: response.id, error: { code: response.error.code } })
  }
  const wrong = await peer.ask('{"id":7,"method":"getDetectionInfo","params":{"detection":3}}', 7)
  expect(wrong).toMatchObject({ error: { code: -32602 } })
})

test('samples have the columns of their stream, at its rate, as in the vectors', async () => {
  await using simulator = await startSimulator()
  await using client = await connectSession(simulator)
  const names = ['eeg', 'mot', 'dev', 'eq', 'pow', 'met', 'com', 'fac']
  const { success, failure } = await client.subscribe([...names, 'sys'])
  expect(failure).toEqual([])
  const seen = new Map<string, CortexSample>()
  for await (const sample of client.samples()) {
    if (!seen.has(sample.stream)) seen.set(sample.stream, sample)
    if (seen.size === names.length) break
  }
  const shapes = new Map<string, unknown>()
  const wanted = new Map<string, unknown>()
  for (const { streamName, cols } of success) {
    const vector = vectors.streams.find(({ stream }) => stream === streamName)!
    expect(cols).toEqual(vector.cols)
    const values = seen.get(streamName)?.values
    if (streamName === 'sys' || values === undefined) continue
    shapes.set(streamName, shapeOf(values))
    wanted.set(streamName, shapeOf(vector.sample[streamName]))
  }
  expect([...shapes.keys()]).toEqual(names)
  expect(shapes).toEqual(wanted)
  for (const { sample } of vectors.streams) {
    const [stream] = Object.keys(sample)
    expect(parseCortexMessage(JSON.stringify(sample))).toMatchObject({ kind: 'sample', stream, time: sample['time'] })
  }
})

test('an open session has no EEG, no record and no second of its kind', async () => {
  await using simulator = await startSimulator()
  await using client = await connectClient(simulator)
  await client.connectHeadset()
  await client.createSession()
  expect((await client.subscribe(['eeg', 'com'])).failure).toEqual([
    expect.objectContaining({ streamName: 'eeg', code: -32012 })
  ])
  await expect(client.createRecord('t')).rejects.toMatchObject({ cortexCode: -32012 })
  await expect(client.createSession()).rejects.toMatchObject({ cortexCode: -32005 })
  await client.activateSession()
  expect((await client.subscribe(['eeg'])).failure).toEqual([])
})

test('records keep their markers, and markers come with the EEG', async () => {
  await using simulator = await startSimulator()
  await using client = await connectSession(simulator)
  await client.subscribe(['eeg'])
  const marker = { time: Date.now(), value: '41', label: 'target', port: 'USB' }
  await expect(client.injectMarker(marker)).rejects.toMatchObject({ cortexCode: -32602 })
  const { record } = await client.createRecord('rest', { description: 'eyes open', tags: ['a'], subjectName: 's01' })
  const samples = client.samples(0, 'eeg')
  const { marker: made } = await client.injectMarker(marker)
  for await (const { values } of samples) {
    const [first] = values.at(-1) as { markerId: string }[]
    if (first === undefined) continue
    expect(first).toMatchObject({ markerId: made.uuid, label: 'target', value: '41' })
    break
  }
  const { marker: interval } = await client.updateMarker(made.uuid, { time: marker.time + 2000 })
  expect(Date.parse(interval.endDatetime) - Date.parse(interval.startDatetime)).toBe(2000)
  const finished: unknown[] = []
  client.on('warning', ({ code, details }) => code === 30 && finished.push(details['recordId']))
  expect((await client.stopRecord()).record.endDatetime).not.toBe('')
  await waitFor(() => finished.includes(record.uuid))
  await client.updateRecord(record.uuid, { description: 'changed', tags: ['b', 'c'] })
  const page = await client.queryRecords({ keyword: 'changed' }, { includeMarkers: true })
  expect(page.records).toMatchObject([{ tags: ['b', 'c'], markers: [{ type: 'interval', label: 'target' }] }])
  expect(await client.getRecordInfos([record.uuid])).toHaveLength(1)
  expect((await client.requestToDownloadRecordData([record.uuid])).success).toHaveLength(1)
  expect((await client.deleteRecord([record.uuid])).success).toHaveLength(1)
  expect((await client.queryRecords()).count).toBe(0)
})

test('profiles hold what was trained and set, once they are saved', async () => {
  await using simulator = await startSimulator()
  await using client = await connectSession(simulator)
  await client.subscribe(['sys'])
  const told: string[] = []
  client.on('sample', ({ stream, values }) => stream === 'sys' && told.push(String(values[1])))
  await client.createProfile('p1')
  await client.loadProfile('p1')
  expect(await client.getCurrentProfile()).toEqual({ name: 'p1', loadedByThisApp: true })
  await client.startTraining('mentalCommand', 'push')
  await expect(client.acceptTraining('mentalCommand', 'push')).rejects.toMatchObject({ cortexCode: -32602 })
  await waitFor(() => told.includes('MC_Succeeded'))
  await client.acceptTraining('mentalCommand', 'push')
  await waitFor(() => told.includes('MC_Completed'))
  expect(told).toEqual(['MC_Started', 'MC_Succeeded', 'MC_Completed'])
  await client.setMentalCommandActiveAction(['neutral', 'push', 'pull'])
  await client.setMentalCommandActionLevel(7)
  await client.setMentalCommandActionSensitivity([1, 2, 3])
  await client.setFacialExpressionThreshold('smile', 321)
  await client.setFacialExpressionSignatureType('trained')
  expect(await client.getTrainedSignatureActions('mentalCommand', { profile: 'p1' })).toMatchObject({
    totalTimesTraining: 0
  })
  await client.saveProfile('p1')
  const saved = { profile: 'p1' }
  expect(await client.getTrainedSignatureActions('mentalCommand', saved)).toEqual({
    totalTimesTraining: 1,
    trainedActions: [{ action: 'push', times: 1 }]
  })
  expect(await client.getMentalCommandActiveAction(saved)).toEqual(['neutral', 'push', 'pull'])
  expect(await client.getMentalCommandActionLevel(saved)).toBe(7)
  expect(await client.getMentalCommandActionSensitivity(saved)).toEqual([1, 2, 3])
  expect(await client.getFacialExpressionThreshold('smile', saved)).toBe(321)
  expect((await client.getFacialExpressionSignatureType(saved)).currentSig).toBe('trained')
  expect(await client.mentalCommandGetSkillRating('push', saved)).toBeGreaterThan(0)
  expect(await client.mentalCommandBrainMap(saved)).toHaveLength(3)
  expect((await client.mentalCommandTrainingThreshold()).lastTrainingScore).toBe(0.62)
  await expect(client.setMentalCommandActionLevel(2, saved)).rejects.toMatchObject({ cortexCode: -32602 })
  await expect(client.setMentalCommandActionLevel(8)).rejects.toMatchObject({ cortexCode: -32602 })
  await client.renameProfile('p1', 'p2')
  expect((await client.queryProfiles()).map(({ name }) => name)).toEqual(['p2'])
  await client.eraseTraining('mentalCommand', 'push')
  await client.startTraining('facialExpression', 'smile')
  await client.resetTraining('facialExpression', 'smile')
  await waitFor(() => told.includes('FE_Reset'))
  await client.unloadProfile('p2')
  await client.loadGuestProfile()
  expect(await client.getCurrentProfile()).toEqual({ name: null })
  await client.deleteProfile('p2')
  await expect(client.loadProfile('p2')).rejects.toMatchObject({ cortexCode: -32046 })
})

test('subjects, mappings, headset settings and the rest of the calls have their state', async () => {
  await using simulator = await startSimulator({ headsets: ['EPOCPLUS-3B9A0001'] })
  await using client = await connectSession(simulator)
  await client.createSubject('s01', { sex: 'F' })
  await client.updateSubject('s01', { city: 'Lyon' })
  expect((await client.querySubjects()).subjects).toMatchObject([{ subjectName: 's01', sex: 'F', city: 'Lyon' }])
  expect((await client.deleteSubjects(['s01', 's02'])).failure).toMatchObject([{ subjectName: 's02' }])
  expect((await client.getDemographicAttributes())[0]!.value.length).toBeGreaterThan(0)
  const { value } = await client.configMapping('create', { name: 'm', mappings: { CMS: 'TP8' } })
  const { uuid } = value as { uuid: string }
  await client.configMapping('update', { uuid, name: 'n' })
  expect((await client.configMapping('read', { uuid })).value).toEqual({ uuid, name: 'n', mappings: { CMS: 'TP8' } })
  await client.configMapping('delete', { uuid })
  expect((await client.configMapping('get')).value).toEqual({ config: [] })
  await client.maximizeHeadset()
  expect((await client.queryHeadsets({ id: 'EPOCPLUS-*' }))[0]!.settings).toMatchObject({ eegRate: 256, memsRate: 128 })
  await client.maximizeHeadsetNoMotion()
  expect((await client.subscribe(['mot'])).failure).toMatchObject([{ streamName: 'mot', code: -32016 }])
  expect((await client.updateHeadsetCustomInfo({ customName: 'mine', headbandPosition: 'top' })).customName).toBe(
    'mine'
  )
  const clocks = { monotonicTime: 1, systemTime: Date.now() / 1000 }
  expect(Math.abs((await client.syncWithHeadsetClock(clocks)).adjustment)).toBeLessThan(10)
  expect((await client.getLicenseInfo()).license['scopes']).toEqual(['eeg', 'pm'])
  expect((await client.configOptOut({ status: 'set', newOptOut: true })).currentOptOut).toBe(true)
  expect((await client.configOptOut()).currentOptOut).toBe(true)
  expect((await client.hasAccessRight()).accessGranted).toBe(true)
  expect((await client.getMentalCommandInfo()).actions).toContain('push')
  expect((await client.getFacialExpressionInfo()).events).toContain('FE_Completed')
  await client.unsubscribe(['mot'])
  await client.disconnectHeadset()
  expect(client.connectedHeadsets.size).toBe(0)
})

describe('faults', () => {
  const counters = async (kind: string, value: string): Promise<number[][]> => {
    await using simulator = await startSimulator()
    await using client = await connectSession(simulator)
    await client.subscribe(['eeg'])
    const rows: number[][] = []
    for await (const { values } of client.samples()) {
      if (rows.push(values.slice(0, 2) as number[]) === 20) simulator.inject({ kind, value, at: 0 })
      if (rows.length === 120) return rows
    }
    return rows
  }
  const missing = (rows: readonly number[][]) =>
    rows.slice(1).reduce((sum, [counter], k) => sum + ((counter! - rows[k]![0]! - 1 + 512) % 256), 0)

  test('lost samples are a jump of the counter', async () => {
    expect(missing(await counters('lose', '7'))).toBe(7)
  })

  test('interpolated samples are marked and not lost', async () => {
    const rows = await counters('interpolate', '5')
    expect(missing(rows)).toBe(0)
    expect(rows.filter(([, interpolated]) => interpolated === 1)).toHaveLength(5)
  })

  test('silence loses what comes in its time', async () => {
    expect(missing(await counters('silence', '0.2'))).toBeGreaterThan(30)
  })

  test('they are read from text, and happen at their time after the first client', async () => {
    const { faults } = simulators['cortex']!
    expect(parseFault('error=queryProfile:-32000:2@1.5', faults)).toEqual({
      kind: 'error',
      value: 'queryProfile:-32000:2',
      at: 1.5
    })
    expect(() => parseFault('dorp@1', faults)).toThrow("did you mean 'drop'?")
    expect(() => parseFault('drop at 1', faults)).toThrow(ConfigError)
    await using simulator = await startSimulator({ faults: [parseFault('drop@0.1', faults)] })
    await using client = await connectClient(simulator)
    await new Promise<void>((resolve) => client.on('lost', () => resolve()))
  })
})

test('a port that is taken, and a host beyond loopback, are refused', async () => {
  await using simulator = await startSimulator()
  const { port } = new URL(simulator.address)
  await expect(CortexSimulator.start({ port: Number(port) })).rejects.toThrow(DeviceError)
  await expect(CortexSimulator.start({ host: '0.0.0.0' })).rejects.toThrow(ConfigError)
  expect(simulator.hints.join()).toContain(CREDENTIALS.clientSecret)
})
