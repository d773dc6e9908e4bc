import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { HEADSETS, ISO, sessionObject, TOKEN } from './documentTerms.ts'
import { startV1, V1Peer } from './V1Peer.ts'

test('QuerySession: Should return a list of matching session records', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const first = await peer.session()
  await peer.call('updateSession', { id: first, status: 'closed' })
  const next = await peer.session()
  const ids = async (params: Record<string, unknown>) => (await peer.list('querySessions', params)).map(({ id }) => id)
  expect(await ids({})).toEqual([first, next])
  expect(await ids({ status: 'closed' })).toEqual([first])
  expect(await ids({ id: next })).toEqual([next])
  expect(await ids({ subject: 'jane', started: Date.now() - 60_000 })).toEqual([first, next])
  expect(await ids({ created: Date.now() + 60_000 })).toEqual([])
  expect(await peer.list('querySession', { stopped: '2000-01-01' })).toHaveLength(1)
})

test('QuerySession: should only return sessions where emoId is substring of _auth licId', async () => {
  await using rig = await startV1()
  await rig.peer.authorize()
  await rig.peer.session()
  await using other = await V1Peer.connect(rig.simulator)
  await other.authorize({ license: 'lic-2' })
  expect(await other.list('querySessions')).toHaveLength(1)
  await other.authorize({ username: 'joe' })
  expect(await other.list('querySessions')).toEqual([])
})

test('QuerySession: Should fail if _auth token is invalid', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await expect(peer.call('querySessions')).rejects.toMatchObject(TOKEN)
  await expect(peer.call('querySessions', { _auth: 'bad' })).rejects.toMatchObject(TOKEN)
})

test('QuerySession: Should return a list of matching session objects (Session)', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.session()
  expect(await peer.list('querySessions')).toEqual([sessionObject({ status: 'active', headset: HEADSETS[0] })])
})

test.each([
  'UpdateSession: Should return updated session object',
  'UpdateSession: Should return updated session object (Session)'
])('%s', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const { id, status } = await peer.object('createSession')
  expect(status).toBe('opened')
  expect(await peer.object('updateSession', { id, status: 'active' })).toEqual(sessionObject({ id, status: 'active' }))
  expect(await peer.object('updateSession', { id, status: 'closed' })).toEqual(
    sessionObject({ id, status: 'closed', stopped: expect.stringMatching(ISO) as string })
  )
})

test('UpdateSession: Should fail if session license does not match auth license', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize({ license: 'lic-1' })
  const id = await peer.session()
  await peer.authorize({ license: 'lic-2' })
  await expect(peer.call('updateSession', { id, status: 'closed' })).rejects.toMatchObject({ code: 102 })
})

test('UpdateSession: Should fail if no _auth token is invalid', async () => {
  await using rig = await startV1()
  const { peer, simulator } = rig
  await peer.authorize()
  const id = await peer.session()
  await expect(peer.call('updateSession', { id, status: 'closed' }, 'bad')).rejects.toMatchObject(TOKEN)
  simulator.inject({ kind: 'expireToken', value: '', at: 0 })
  await expect(peer.call('updateSession', { id })).rejects.toMatchObject({ code: 106, message: 'Auth Token Expired' })
})

test('UpdateSession: When status = closed then no more events should be published for the session, and logs should be saved', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const id = await peer.session({ streams: ['eeg', 'ses'] })
  await peer.next('eeg')
  const told = await peer.object('updateSession', { id, status: 'closed' })
  const events = peer.messages.filter((one) => 'time' in one).length
  expect(told['log']).toMatchObject({ events })
  // Answers and events come in their order.
  for (let calls = 0; calls < 10; calls++) await peer.call('querySessions')
  expect(peer.messages.filter((one) => 'time' in one)).toHaveLength(events)
})

test('UpdateSession: When status = paused then No EEG or EEG and Other EVENT logs should be saved in 10 sec chunks as attachments to session', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const id = await peer.session({ streams: ['eeg', 'mot'] })
  await peer.next('eeg')
  const told = await peer.object('updateSession', { id, status: 'paused' })
  const events = peer.messages.filter((one) => 'time' in one && 'eeg' in one).length
  const attached = told['attachments'] as { from: number; to: number; events: number }[]
  expect(attached.length).toBeGreaterThan(0)
  for (const { from, to } of attached) expect(to - from).toBeLessThan(10_000)
  expect(attached.reduce((sum, part) => sum + part.events, 0)).toBeGreaterThanOrEqual(events)
  for (let calls = 0; calls < 10; calls++) await peer.call('querySessions')
  expect(peer.notifications('eeg')).toHaveLength(events)
  await expect(peer.call('subscribe', { streams: ['mot'] })).rejects.toMatchObject({ code: 106 })
  await peer.call('updateSession', { id, status: 'active' })
  await waitFor(() => peer.notifications('eeg').length > events)
})

test('UpdateSession: When status = active then EEG streams should be published and saved to log file', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const { id } = await peer.object('createSession', { streams: ['eeg'] })
  for (let calls = 0; calls < 10; calls++) await peer.call('querySessions')
  expect(peer.notifications('eeg')).toEqual([])
  await peer.call('updateSession', { id, status: 'active' })
  await peer.next('eeg')
  const { log } = await peer.object('updateSession', { id, status: 'closed' })
  expect((log as { events: number }).events).toBeGreaterThan(0)
})

test('UpdateSession: Should subscribe to session stream of current session', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const { id } = await peer.object('createSession')
  await peer.call('updateSession', { id, status: 'active' })
  expect(await peer.next('ses')).toMatchObject({ id, ses: ['active', HEADSETS[0], ''] })
  await peer.call('updateSession', { id, status: 'paused' })
  await peer.next('ses', ({ ses }) => (ses as unknown[])[0] === 'paused')
})

test('Subscribe: Should fail if session (sesId) is not active', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.object('createSession')
  const subscribed = peer.call('subscribe', { streams: ['eeg'] })
  await expect(subscribed).rejects.toMatchObject({ code: 106, message: 'Session Not Active' })
})

test('Subscribe: Should fail if session (sesId) _auth license does not match session license', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const session = await peer.session()
  await peer.authorize({ license: 'lic-2' })
  await expect(peer.call('subscribe', { session, streams: ['com'] })).rejects.toMatchObject({ code: 102 })
})

test("Subscribe: Should fail if _auth scope is 'basic' and events include 'eeg' or 'met'", async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize({ client: 'app' })
  await peer.session()
  const eeg = peer.call('subscribe', { streams: ['com', 'eeg'] })
  await expect(eeg).rejects.toMatchObject({ code: 123, message: 'eegData unavailable' })
  for (const metrics of ['met', 'cog']) {
    await expect(peer.call('subscribe', { streams: [metrics] })).rejects.toMatchObject({ code: 101 })
  }
  expect(await peer.call('subscribe', { streams: ['com', 'dev'] })).toMatchObject({ com: {}, dev: {} })
})

test("Subscribe: Should fail if _auth scope is 'extra' and events include 'met'", async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize({ scopes: ['extra'] })
  await peer.session()
  expect(await peer.call('subscribe', { streams: ['eeg'] })).toMatchObject({ eeg: { freq: 128 } })
  await expect(peer.call('subscribe', { streams: ['met'] })).rejects.toMatchObject({ code: 101 })
})

test("Subscribe: Should return prior events with an offset greater than 'since' (if defined)", async () => {
  await using rig = await startV1()
  const { peer, simulator } = rig
  await peer.authorize()
  const told = await peer.object('createSession', { status: 'active', streams: ['mot'] })
  await waitFor(() => peer.notifications('mot').length > 30)
  await peer.call('updateSession', { id: told['id'], status: 'active' })
  const from = peer.messages.length
  await peer.call('subscribe', { streams: ['eeg'], since: 200 })
  const started = Date.parse(told['started'] as string)
  const first = (await peer.next('eeg', () => true, from)) as { time: number }
  expect(first.time - started).toBeGreaterThanOrEqual(198)
  expect(first.time - started).toBeLessThan(220)
  await waitFor(() => peer.notifications('eeg').length > 40)
  const times = peer.notifications('eeg').map(({ time }) => time as number)
  for (const [k, time] of times.entries()) expect(Math.abs(time - times[0]! - (k * 1000) / 128)).toBeLessThan(1)
  simulator.inject({ kind: 'silence', value: '60', at: 0 })
})

test('Unsubscribe: Should fail if sesId is not active', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.object('createSession')
  await expect(peer.call('unsubscribe', { streams: ['eeg'] })).rejects.toMatchObject({ code: 106 })
})

test('InjectMarker: Should fail if session is invalid', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.session()
  await expect(peer.call('injectMarker', { session: 'x', label: 'a' })).rejects.toMatchObject({ code: 102 })
})

test('InjectMarker: Should fail if session is not active', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.object('createSession')
  await expect(peer.call('injectMarker', { label: 'a' })).rejects.toMatchObject({ code: 106 })
})

test('InjectMarker: Should fail if label is not defined', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.session()
  await expect(peer.call('injectMarker')).rejects.toMatchObject({ code: -32602 })
})

test('InjectMarker: Should append label to marker list of session if not present', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.session({ markers: ['rest'] })
  for (const label of ['a', 'b', 'a', 'rest']) await peer.call('injectMarker', { label })
  expect((await peer.list('querySessions'))[0]!['markers']).toEqual(['rest', 'a', 'b'])
})

test('InjectMarker: Should inject index of marker label from session to EEG stream at specified timestamp', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.session({ streams: ['eeg'] })
  const at = Date.now() + 150
  await peer.call('injectMarker', { label: 'now' })
  await peer.call('injectMarker', { label: 'later', time: at })
  await peer.call('injectMarker', { label: 'later too', time: at })
  const markOf = ({ eeg }: Record<string, unknown>) => (eeg as unknown[]).at(-1)
  await peer.next('eeg', (one) => markOf(one) === 2)
  const marked = peer.notifications('eeg').filter((one) => markOf(one) !== null)
  expect(marked.map(markOf)).toEqual([0, 1, 2])
  expect(Math.abs((marked[1]!['time'] as number) - at)).toBeLessThanOrEqual(9)
})

test('InjectMarker: Should return ok', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.session()
  expect(await peer.call('injectMarker', { label: 'a' })).toEqual({})
})
