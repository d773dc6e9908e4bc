import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { HEADSETS, ISO, sessionObject, SUBJECT, TOKEN } from './documentTerms.ts'
import { startV1, V1Peer, type V1Rig } from './V1Peer.ts'

/** A second client, with everything, and the second headset connected. */
async function second({ simulator }: V1Rig): Promise<V1Peer> {
  const peer = await V1Peer.connect(simulator)
  await peer.authorize()
  await peer.call('updateHeadset', { _id: HEADSETS[1], status: 'connected' })
  await waitFor(() => simulator.model.headsets.get(HEADSETS[1]!)?.status === 'connected')
  return peer
}

test('Overview: All requests and responses should follow jsonrpc 2.0', async () => {
  await using rig = await startV1()
  const { peer } = rig
  expect(await peer.answerTo({ id: 'x7', jsonrpc: '2.0', method: 'authorize' })).toMatchObject({
    id: 'x7',
    jsonrpc: '2.0'
  })
})

test("Overview: jsonrpc: Should be '2.0'", async () => {
  await using rig = await startV1()
  const { peer } = rig
  expect(await peer.answerTo({ id: 1, jsonrpc: '1.0', method: 'authorize' })).toMatchObject({ error: { code: -32600 } })
  expect(await peer.answerTo({ id: 2, method: 'authorize' })).toMatchObject({ error: { code: -32600 } })
})

test('Overview: method: Should be one of Methods listed below', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await expect(peer.call('getCortexInfo')).rejects.toMatchObject({ code: 106, message: 'Unknown Method' })
})

test('Overview: params: Should be params confirming to the Methods list below', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await expect(peer.call('authorize', { debit: 'many' })).rejects.toMatchObject({ code: -32602 })
})

test("Overview: Only parameters that are included in the list of 'streams' defined in the subscription request should be included in message sent to the client", async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.session({ streams: ['eeg', 'con'] })
  await peer.next('con')
  const names = peer.messages.filter((one) => 'time' in one).flatMap((one) => Object.keys(one))
  expect([...new Set(names)].sort()).toEqual(['con', 'eeg', 'id', 'time'])
})

test('Overview: All Messages must be linked to an active session', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const id = await peer.session({ streams: ['eeg'] })
  await peer.next('eeg')
  expect(new Set(peer.notifications('eeg').map((one) => one['id']))).toEqual(new Set([id]))
})

test.each([
  "Authorize: Should open authorization dialog if licId is not supplied and scope is not 'basic'",
  "Authorize: open authorization dialog if licId is not supplied and scope is not 'basic'"
])('%s', async () => {
  await using rig = await startV1()
  const { simulator, peer } = rig
  const asked: string[] = []
  simulator.onCall = (method) => method.endsWith('Dialog') && asked.push(method)
  await peer.authorize({ client: 'app' })
  await peer.authorize({ license: 'lic-1', scopes: ['eeg'] })
  expect(asked).toEqual([])
  await peer.authorize({ scopes: ['eeg', 'pm'] })
  expect(asked).toEqual(['authorizationDialog'])
  simulator.inject({ kind: 'refuseAccess', value: '1', at: 0 })
  await expect(peer.authorize({ scopes: ['eeg'] })).rejects.toMatchObject(TOKEN)
})

test('Authorize: Should return error if time is not within 1 minute of now', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize({ time: Date.now() - 50_000 })
  await expect(peer.authorize({ time: Date.now() - 70_000 })).rejects.toMatchObject(TOKEN)
  await expect(peer.authorize({ time: Date.now() + 70_000 })).rejects.toMatchObject(TOKEN)
})

test('Authorize: Should prompt for new password if does not match current logged in user', async () => {
  await using rig = await startV1()
  const { simulator, peer } = rig
  const asked: string[] = []
  simulator.onCall = (method) => method.endsWith('Dialog') && asked.push(method)
  await peer.authorize({ username: 'jane', password: 'p' })
  expect(asked).toEqual([])
  await peer.authorize({ username: 'joe', password: 'p' })
  expect(asked).toEqual(['passwordDialog'])
  expect(simulator.model.options.username).toBe('joe')
})

test('Authorize: Should trigger authorization request to auth service)', async () => {
  await using rig = await startV1()
  const { simulator, peer } = rig
  const requests: unknown[] = []
  simulator.onCall = (method, params) => method === 'authService' && requests.push(params)
  await peer.authorize({ license: 'lic-1', username: 'jane', password: 'a secret' })
  expect(requests).toEqual([{ user: 'jane', license: 'lic-1', scopes: ['basic'] }])
})

test('Authorize: Should return errors authorization response errors from auth service', async () => {
  await using rig = await startV1()
  const { simulator, peer } = rig
  simulator.inject({ kind: 'error', value: 'authService:-32002', at: 0 })
  await expect(peer.authorize()).rejects.toMatchObject({ code: -32002 })
  await peer.authorize()
})

test('Authorize: Should return auth response', async () => {
  await using rig = await startV1()
  const { peer } = rig
  expect(await peer.call('authorize', { license: 'lic-1' })).toEqual({
    _auth: expect.any(String) as string,
    expires: expect.stringMatching(ISO) as string,
    scopes: ['basic', 'eeg', 'pm']
  })
})

test('CreateSession: Should fail if _auth is not valid', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await expect(peer.call('createSession')).rejects.toMatchObject(TOKEN)
  await peer.authorize()
  await expect(peer.call('createSession', {}, 'bad')).rejects.toMatchObject(TOKEN)
})

test('CreateSession: Should fail if _auth session balance is zero', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize({ license: 'lic-1', debit: 1 })
  const id = await peer.session()
  await peer.call('updateSession', { id, status: 'closed' })
  await expect(peer.session()).rejects.toMatchObject({
    ...TOKEN,
    message: expect.stringContaining('balance') as string
  })
})

test('CreateSession: Should fail if headset is not connected', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await expect(peer.session({ headset: HEADSETS[1] })).rejects.toMatchObject({ code: 104 })
  await expect(peer.session({ headset: 'EPOC-9' })).rejects.toMatchObject({ code: 104 })
  expect((await peer.object('createSession'))['headset']).toBe(HEADSETS[0])
})

test('CreateSession: Should fail if headset is already in use in another active session', async () => {
  await using rig = await startV1()
  await rig.peer.authorize()
  await rig.peer.session()
  await using other = await V1Peer.connect(rig.simulator)
  await other.authorize()
  await expect(other.session()).rejects.toMatchObject({ code: 106, message: 'Headset In Use' })
})

test('CreateSession: Should fail if subject is already in use in another active session', async () => {
  await using rig = await startV1()
  await rig.peer.authorize()
  const { id: subject } = await rig.peer.object('createSubject', SUBJECT)
  await rig.peer.session({ subject })
  await using other = await second(rig)
  await expect(other.session({ headset: HEADSETS[1], subject })).rejects.toMatchObject({ code: 105 })
  await other.session({ headset: HEADSETS[1] })
})

test('CreateSession: Should fail if profile is invalid', async () => {
  await using rig = await startV1()
  const { peer, simulator } = rig
  await peer.authorize()
  await expect(peer.session({ profile: 'nobody' })).rejects.toMatchObject({ code: 103 })
  // What failed leaves nothing that is in use.
  const { id: profile } = await peer.object('createProfile', { name: 'p1' })
  const id = await peer.session({ profile })
  expect(await peer.list('querySessions')).toMatchObject([{ id, profile }])
  expect(simulator.model.loaded.get(HEADSETS[0]!)?.name).toBe('p1')
})

test('CreateSession: Should fail if subject is invalid', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await expect(peer.session({ subject: 'nobody' })).rejects.toMatchObject({ code: 105 })
})

test('CreateSession: Should subscribe to streams in subscribe list', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const id = await peer.session({ subscribe: { streams: ['eeg', 'com'] } })
  expect(await peer.next('eeg')).toMatchObject({ id })
  expect(await peer.next('com')).toMatchObject({ id })
})

test('CreateSession: Should return new session object (Object)', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const told = await peer.object('createSession', { status: 'active' })
  expect(told).toEqual(sessionObject({ status: 'active', stopped: null, headset: HEADSETS[0], markers: [] }))
  expect(Object.keys(told['streams'] as object).sort()).toEqual(
    ['cog', 'com', 'con', 'dev', 'eeg', 'fac', 'mot', 'pow', 'pro', 'ses'].sort()
  )
})
