import { onLogRecord, setLogLevel } from '@nodeacq/rpc'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { DeviceError } from '@nodeacq/core'
import { CortexError, type CortexClient, type CortexSample, type CortexSimulator } from '../../../src/index.ts'
import { connectClient, startSimulator } from '../startCortex.ts'

/** A client of the older Cortex, and what it sends. */
interface Rig extends AsyncDisposable {
  readonly simulator: CortexSimulator
  readonly client: CortexClient
  /** Calls of the older Cortex since the last look. */
  readonly sent: () => [method: string, params: unknown][]
}

async function startRow(): Promise<Rig> {
  const simulator = await startSimulator({ dialect: 'v1' })
  const client = await connectClient(simulator, { dialect: 'v1', clientSecret: '', license: 'lic-1' })
  let calls: [string, unknown][] = []
  simulator.onCall = (method, params) => method !== 'authService' && calls.push([method, params])
  return {
    simulator,
    client,
    sent: () => {
      const sent = calls
      calls = []
      return sent
    },
    [Symbol.asyncDispose]: async () => {
      await client.close()
      await simulator.close()
    }
  }
}

const EPOCH = expect.closeTo(Date.now(), -6) as number

async function session({ client }: Rig): Promise<string> {
  await client.connectHeadset(0)
  return (await client.createActivatedSession(0)).id
}

async function taken(samples: AsyncIterable<CortexSample>, stream: string): Promise<CortexSample> {
  for await (const sample of samples) if (sample.stream === stream) return sample
  throw new Error(`no sample of ${stream}`)
}

test('requestAccess + authorize, generateNewToken → authorize', async () => {
  await using rig = await startRow()
  const { client, simulator, sent } = rig
  expect(await client.authenticate()).toMatchObject({ scopes: ['basic', 'eeg', 'pm'] })
  expect(sent()).toEqual([['authorize', { client: 'CLIENT_ID', time: EPOCH, license: 'lic-1' }]])
  await client.generateNewToken()
  expect(sent().map(([method]) => method)).toEqual(['authorize'])
  await using other = await connectClient(simulator, { dialect: 'v1', clientSecret: '', debit: 3 })
  expect(other.authorized).toBe(true)
  expect(sent()).toEqual([
    ['authorize', { client: 'CLIENT_ID', time: EPOCH, scopes: ['basic', 'eeg', 'pm'], debit: 3 }],
    ['authorizationDialog', {}]
  ])
  simulator.inject({ kind: 'refuseAccess', value: '1', at: 0 })
  await expect(client.authenticate()).rejects.toMatchObject({ cortexCode: 100 })
})

test('createSession + subscribe + setupProfile load → createSession, subscribe, updateProfile', async () => {
  await using rig = await startRow()
  const { client, sent, simulator } = rig
  await client.createProfile('p1')
  await client.connectHeadset('INSIGHT-1234')
  sent()
  const { id } = await client.createActivatedSession('INSIGHT-1234')
  // The session that was opened to see the headsets is the one.
  expect(sent()).toEqual([
    ['updateSession', { id, status: 'active' }],
    ['querySessions', {}]
  ])
  await client.loadProfile('p1')
  expect(sent().at(-1)).toEqual(['updateProfile', { id: expect.any(String) as string, status: 'active' }])
  expect(simulator.model.loaded.get('INSIGHT-1234')!.name).toBe('p1')
  expect((await client.closeSession()).status).toBe('closed')
  const again = await client.createSession('INSIGHT-1234')
  expect(again).toMatchObject({ status: 'opened', headset: 'INSIGHT-1234' })
  expect(sent().filter(([method]) => method === 'createSession')).toEqual([
    ['createSession', { headset: 'INSIGHT-1234', status: 'opened' }]
  ])
})

test('querySessions → querySessions, of which those of others and those that are closed are left out', async () => {
  await using rig = await startRow()
  const { client, simulator } = rig
  const id = await session(rig)
  expect(await client.querySessions()).toMatchObject([{ id, status: 'activated', headset: 'INSIGHT-1234' }])
  await using other = await connectClient(simulator, { dialect: 'v1', license: 'lic-1' })
  expect(await other.querySessions()).toEqual([])
  await client.closeSession()
  expect(client.sessions.size).toBe(0)
})

test('updateSession active, close → updateSession active, closed; paused is its own', async () => {
  await using rig = await startRow()
  const { client, sent } = rig
  const id = await session(rig)
  await client.subscribe(['eeg'])
  await taken(client.samples(), 'eeg')
  sent()
  await client.updateSession('paused')
  const handled = client.messagesHandled
  for (let calls = 0; calls < 10; calls++) await client.querySessions()
  expect(client.messagesHandled).toBe(handled)
  await client.updateSession('active')
  await waitFor(() => client.messagesHandled > handled)
  await client.updateSession('close')
  expect(sent().filter(([method]) => method === 'updateSession')).toEqual([
    ['updateSession', { id, status: 'paused' }],
    ['updateSession', { id, status: 'active' }],
    ['updateSession', { id, status: 'closed' }]
  ])
})

test('subscribe → subscribe, stream by stream with their older names; since is its own', async () => {
  await using rig = await startRow()
  const { client, sent, simulator } = rig
  const id = await session(rig)
  sent()
  const streams = ['eeg', 'mot', 'met', 'eq', 'dev', 'pow', 'com', 'fac', 'sys', 'bogus']
  const { success, failure } = await client.subscribe(streams)
  expect(success.map(({ streamName, rate }) => [streamName, rate])).toEqual([
    ['eeg', 128],
    ['mot', 64],
    ['met', 2],
    ['eq', 2],
    ['dev', 2],
    ['pow', 8],
    ['com', 8],
    ['fac', 32],
    ['sys', undefined]
  ])
  expect(failure).toEqual([{ streamName: 'bogus', code: 101, message: 'Invalid Stream Name: bogus' }])
  expect(sent().map(([, params]) => (params as { streams: string[] }).streams[0])).toEqual([
    'eeg',
    'mot',
    'cog',
    'con',
    'dev',
    'pow',
    'com',
    'fac',
    'pro',
    'bogus'
  ])
  const seen = new Map<string, number>()
  for await (const { session: of, stream, values, time } of client.samples()) {
    expect([of, Math.abs(time - Date.now() / 1000) < 60]).toEqual([id, true])
    seen.set(stream, values.length)
    if (seen.size === 8) break
  }
  const columns = new Map(success.map(({ streamName, cols }) => [streamName, cols.length]))
  for (const [stream, length] of seen) expect([stream, length]).toEqual([stream, columns.get(stream)])
  await client.unsubscribe(['mot'])
  sent()
  const before = client.samples(0, 'mot')
  await client.subscribe(['mot'], 0, { since: 0 })
  expect(sent()).toEqual([['subscribe', { session: id, streams: ['mot', 'ses'], since: 0 }]])
  const { value } = await before.next()
  const started = Date.parse(client.sessions.get(id)!.started)
  expect(Math.abs(value!.time - started / 1000)).toBeLessThan(0.05)
  simulator.inject({ kind: 'silence', value: '60', at: 0 })
})

test('unsubscribe → unsubscribe', async () => {
  await using rig = await startRow()
  const { client, sent } = rig
  const id = await session(rig)
  await client.subscribe(['eq', 'met'])
  sent()
  expect((await client.unsubscribe(['eq', 'met'])).success).toHaveLength(2)
  expect(sent()).toEqual([['unsubscribe', { session: id, streams: ['con', 'cog'] }]])
  expect(client.subscribedStreams.get(id)!.size).toBe(0)
})

test('injectMarker → injectMarker, without a record; it comes back with its label', async () => {
  await using rig = await startRow()
  const { client, sent } = rig
  const id = await session(rig)
  await client.subscribe(['eeg'])
  sent()
  const samples = client.samples(0, 'eeg')
  const time = Date.now()
  const { marker } = await client.injectMarker({ label: 'target', value: 41, time })
  expect(marker).toMatchObject({ type: 'instance', label: 'target', value: 41 })
  expect(sent()).toEqual([['injectMarker', { session: id, label: 'target', time }]])
  for await (const { values } of samples) {
    const markers = values.at(-1) as unknown[]
    if (markers.length === 0) continue
    expect(markers).toEqual([{ label: 'target', value: 0 }])
    break
  }
})

test('queryHeadsets → queryHeadsets, for which a session is opened', async () => {
  await using rig = await startRow()
  const { client, sent } = rig
  expect(await client.queryHeadsets({ id: 'INSIGHT*' })).toMatchObject([
    { id: 'INSIGHT-1234', status: 'connected' },
    { id: 'INSIGHT-1235', status: 'discovered' }
  ])
  expect(sent()).toEqual([
    ['createSession', { status: 'opened' }],
    ['queryHeadsets', { id: 'INSIGHT*' }]
  ])
  expect(client.sessions.size).toBe(0)
  await client.queryHeadsets()
  expect(sent()).toEqual([['queryHeadsets', {}]])
})

test('updateHeadset, updateHeadsetCustomInfo, controlDevice → updateHeadset', async () => {
  await using rig = await startRow()
  const { client, sent, simulator } = rig
  await client.connectHeadset('INSIGHT-1235')
  expect(simulator.model.headsets.get('INSIGHT-1235')!.status).toBe('connected')
  expect(sent()[0]).toEqual(['updateHeadset', { _id: 'INSIGHT-1235', status: 'connected' }])
  await client.updateHeadset({ mode: 'INSIGHT', eegRate: 128, memsRate: 32 }, 'INSIGHT-1235')
  expect((await client.updateHeadsetCustomInfo({ customName: 'mine' }, 'INSIGHT-1235')).customName).toBe('mine')
  expect(sent()).toEqual([
    ['updateHeadset', { _id: 'INSIGHT-1235', settings: { mode: 'INSIGHT', eegRate: 128, memsRate: 32 } }],
    ['updateHeadset', { _id: 'INSIGHT-1235', name: 'mine' }]
  ])
  await client.controlDevice('disconnect', { headset: 'INSIGHT-1235' })
  expect(sent()).toEqual([['updateHeadset', { _id: 'INSIGHT-1235', status: 'paired' }]])
  expect(simulator.model.headsets.get('INSIGHT-1235')!.status).toBe('discovered')
})

test('training, stream sys → trainProfile, stream pro', async () => {
  await using rig = await startRow()
  const { client, sent, simulator } = rig
  const id = await session(rig)
  const told: unknown[] = []
  await client.subscribe(['sys'])
  client.on('sample', ({ stream, values }) => stream === 'sys' && told.push(values))
  sent()
  await client.startTraining('mentalCommand', 'left')
  expect(sent()).toEqual([['trainProfile', { session: id, command: 'moveL', action: 'start' }]])
  await waitFor(() => told.length === 2)
  await client.startTraining('facialExpression', 'smile')
  await client.resetTraining('facialExpression', 'smile')
  await waitFor(() => told.length === 4)
  expect(told).toEqual([
    ['mentalCommand', 'MC_Started'],
    ['mentalCommand', 'MC_Completed'],
    ['facialExpression', 'FE_Started'],
    ['facialExpression', 'FE_Reset']
  ])
  await client.eraseTraining('mentalCommand', 'left')
  const { settings } = simulator.model.loadedOn('INSIGHT-1234')
  expect(settings.trained.mentalCommand).toEqual({})
  await expect(client.acceptTraining('mentalCommand', 'left')).rejects.toThrow(
    "the older Cortex (dialect v1) knows no 'accept'"
  )
})

test('setupProfile create, mentalCommandActiveAction set → createProfile, updateProfile', async () => {
  await using rig = await startRow()
  const { client, sent, simulator } = rig
  await session(rig)
  sent()
  await client.createProfile('p1')
  expect(sent()).toEqual([['createProfile', { name: 'p1' }]])
  await client.loadProfile('p1')
  sent()
  await client.setMentalCommandActiveAction(['neutral', 'lift'])
  expect(sent()).toEqual([['updateProfile', { commands: ['neutral', 'moveU'] }]])
  expect(simulator.model.profiles.get('p1')!.settings.activeActions).toEqual(['neutral', 'lift'])
  expect(await client.getMentalCommandActiveAction()).toEqual(['neutral', 'lift'])
  expect(await client.getMentalCommandActiveAction({ profile: 'p1' })).toEqual(['neutral', 'lift'])
})

test('queryProfile → queryProfiles', async () => {
  await using rig = await startRow()
  const { client, sent } = rig
  await client.createProfile('p1')
  sent()
  expect(await client.queryProfiles()).toMatchObject([{ name: 'p1', readOnly: false }])
  expect(sent()).toEqual([['queryProfiles', {}]])
})

test('setupProfile load, unload, rename → updateProfile active, inactive, name', async () => {
  await using rig = await startRow()
  const { client, sent, simulator } = rig
  await session(rig)
  await client.createProfile('p1')
  const { uuid: id } = simulator.model.profiles.get('p1')!
  expect(await client.getCurrentProfile()).toEqual({ name: null })
  sent()
  await client.loadProfile('p1')
  expect(await client.getCurrentProfile()).toEqual({ name: 'p1', loadedByThisApp: true })
  await client.renameProfile('p1', 'p2')
  await client.unloadProfile('p2')
  expect(sent().filter(([method]) => method === 'updateProfile')).toEqual([
    ['updateProfile', { id, status: 'active' }],
    ['updateProfile', { id, name: 'p2' }],
    ['updateProfile', { id, status: 'inactive' }]
  ])
  expect(await client.getCurrentProfile()).toEqual({ name: null })
  await expect(client.saveProfile('p2')).rejects.toThrow("knows no 'save'")
  await expect(client.loadProfile('nobody')).rejects.toThrow("there is no profile 'nobody'")
})

test('createSubject, querySubjects, updateSubject → the same', async () => {
  await using rig = await startRow()
  const { client, sent } = rig
  const attributes = [{ name: 'Handedness', value: 'Right' }]
  const made = await client.createSubject('s01', { sex: 'F', dateOfBirth: '1990-05-06', attributes })
  expect(sent()).toEqual([['createSubject', { name: 's01', gender: 'female', year: '1990', hand: 'right' }]])
  const told = { subjectName: 's01', sex: 'F', dateOfBirth: '1990-01-01' }
  expect(made).toMatchObject(told)
  expect(await client.querySubjects({ subjectName: 's01' })).toMatchObject({ count: 1, subjects: [told] })
  expect(sent()).toEqual([['querySubjects', { name: 's01' }]])
  expect(await client.updateSubject('s01', { sex: 'M' })).toMatchObject({ ...told, sex: 'M' })
  expect(sent().at(-1)).toEqual(['updateSubject', { id: 'jane/1', gender: 'male' }])
  await expect(client.updateSubject('s02', {})).rejects.toThrow("there is no subject 's02'")
})

test('what the older Cortex has not is an error that says so', async () => {
  await using rig = await startRow()
  const { client, sent } = rig
  await expect(client.createRecord('t', { session: 'x' })).rejects.toThrow(DeviceError)
  await expect(client.getCortexInfo()).rejects.toThrow(
    'Cortex: getCortexInfo: the older Cortex (dialect v1) has no such call'
  )
  expect(sent()).toEqual([])
})

test('an expired token, and one that is out of sessions, is renewed', async () => {
  await using rig = await startRow()
  const { client, simulator } = rig
  const id = await session(rig)
  simulator.inject({ kind: 'expireToken', value: '', at: 0 })
  expect(await client.querySessions()).toMatchObject([{ id }])
  await client.authorize()
  for (let times = 0; times < 12; times++) {
    await client.closeSession()
    await client.createActivatedSession('INSIGHT-1234')
  }
  const refused = client.sendAuthedRequest('createSession', { headset: 'EPOC-9', status: 'active' })
  await expect(refused).rejects.toThrow(CortexError)
  await expect(refused).rejects.toMatchObject({ cortexCode: 104, text: 'Invalid Headset Id: it is not connected' })
})

test('neither tokens nor the licence are in logs, also with debug', async () => {
  const lines: string[] = []
  const stop = onLogRecord((record) => lines.push(JSON.stringify(record)))
  setLogLevel('debug')
  await using simulator = await startSimulator({ dialect: 'v1' })
  try {
    await using client = await connectClient(simulator, { dialect: 'v1', license: 'LICENSE_KEY_1', debug: true })
    await client.queryHeadsets()
    simulator.inject({ kind: 'expireToken', value: '', at: 0 })
    await client.queryProfiles()
    await client.sendAuthedRequest('createSession', { headset: 'EPOC-9', status: 'active' }).catch(() => undefined)
  } finally {
    setLogLevel('warning')
    stop()
  }
  const all = lines.join('\n')
  const secrets = ['LICENSE_KEY_1', 'CLIENT_ID', ...simulator.model.tokens.keys()]
  expect(secrets.length).toBeGreaterThan(3)
  expect(all).toContain('→ authorize')
  expect(secrets.filter((secret) => all.includes(secret))).toEqual([])
})

test('what ends is restored: connection, session, headset', async () => {
  await using rig = await startRow()
  const { client, simulator } = rig
  const id = await session(rig)
  await client.subscribe(['eeg', 'com'])
  let restored = 0
  client.on('restored', () => (restored += 1))
  simulator.inject({ kind: 'drop', value: '', at: 0 })
  await waitFor(() => restored === 1)
  await taken(client.samples(id), 'eeg')
  simulator.inject({ kind: 'headsetGone', value: '0.2', at: 0 })
  await waitFor(() => restored === 2)
  expect(await taken(client.samples(id), 'com')).toMatchObject({ session: [...client.sessions.keys()][0] })
})
