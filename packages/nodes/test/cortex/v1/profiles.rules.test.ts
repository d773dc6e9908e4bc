import { expect, test } from 'vitest'
import { HEADSETS, SUBJECT, TOKEN } from './documentTerms.ts'
import { startV1 } from './V1Peer.ts'

test('QueryHeadsets: Should return a list of Headset Objects', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.session()
  expect(await peer.list('queryHeadsets')).toMatchObject([
    { id: HEADSETS[0], status: 'connected' },
    { id: HEADSETS[1], status: 'paired' }
  ])
})

test('QueryHeadsets: Should fail if no session is open', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await expect(peer.call('queryHeadsets')).rejects.toMatchObject({ code: 106 })
  const { id } = await peer.object('createSession')
  await peer.call('queryHeadsets')
  await peer.call('updateSession', { id, status: 'closed' })
  await expect(peer.call('queryHeadsets')).rejects.toMatchObject({ code: 106 })
})

test('QueryHeadsets: Should return a list of matching headset objects (Headset)', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.session()
  expect(await peer.list('queryHeadsets', { id: '*-1235' })).toMatchObject([{ id: HEADSETS[1] }])
  expect(await peer.list('queryHeadsets', { status: 'connected' })).toMatchObject([{ id: HEADSETS[0] }])
  expect(await peer.list('queryHeadsets', { id: 'EPOC*' })).toEqual([])
})

test('QueryHeadsets: Should subscribe to headset stream of current session', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const id = await peer.session()
  await peer.call('queryHeadsets')
  expect(await peer.next('dev')).toMatchObject({ id, dev: [3, 1, 93] })
})

test.each([
  'UpdateHeadset: Should return updated headset object',
  'UpdateHeadset: Should return a updated headset object (Headset)'
])('%s', async () => {
  await using rig = await startV1()
  const { peer, simulator } = rig
  await peer.authorize()
  const [id] = HEADSETS
  expect(await peer.call('updateHeadset', { _id: id, name: 'mine' })).toMatchObject({ id, label: 'mine' })
  const changed = await peer.call('updateHeadset', { id, settings: { memsRate: 32 } })
  expect(changed).toMatchObject({ id, settings: { memsRate: 32, eegRate: 128 } })
  await peer.call('updateHeadset', { id, status: 'paired' })
  expect(simulator.model.headsets.get(id!)!.status).toBe('discovered')
})

test('UpdateHeadset: Should fail if headset id is not known', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await expect(peer.call('updateHeadset', { _id: 'EPOC-9', name: 'x' })).rejects.toMatchObject({ code: 104 })
  await expect(peer.call('updateHeadset', { name: 'x' })).rejects.toMatchObject({ code: 104 })
})

test('UpdateHeadset: Should subsribe to headset stream of current session', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const id = await peer.session()
  await peer.call('updateHeadset', { _id: HEADSETS[0], name: 'mine' })
  expect(await peer.next('dev')).toMatchObject({ id })
})

test('TrainProfile: Should fail if session not active', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.object('createSession')
  await expect(peer.call('trainProfile')).rejects.toMatchObject({ code: 106 })
})

test('TrainProfile: Should fail if profile Id not valid', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.session()
  await expect(peer.call('trainProfile', { profile: 'nobody' })).rejects.toMatchObject({ code: 103 })
})

test('TrainProfile: Should fail if action not valid', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.session()
  await expect(peer.call('trainProfile', { action: 'jump' })).rejects.toMatchObject({ code: -32602 })
  await expect(peer.call('trainProfile', { command: 'fly' })).rejects.toMatchObject({ code: -32602 })
})

test('TrainProfile: Should fail if training in progress', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.session()
  await peer.call('trainProfile', { command: 'push' })
  await expect(peer.call('trainProfile', { command: 'push' })).rejects.toMatchObject({ code: -32602 })
})

test('TrainProfile: Should set profile of specified session', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const { id: profile } = await peer.object('createProfile', { name: 'p1' })
  const session = await peer.session()
  await peer.call('trainProfile', { session, profile, command: 'push' })
  expect(await peer.list('querySessions', { id: session })).toMatchObject([{ profile }])
})

test('TrainProfile: Should default to active profile if not specified', async () => {
  await using rig = await startV1()
  const { peer, simulator } = rig
  await peer.authorize()
  const { id } = await peer.object('createProfile', { name: 'p1', commands: ['moveL'] })
  await peer.session()
  await peer.call('updateProfile', { id, status: 'active' })
  await peer.call('trainProfile', { command: 'moveL' })
  await peer.next('pro', ({ pro }) => (pro as unknown[]).at(-1) === 'complete')
  expect(simulator.model.profiles.get('p1')!.settings.trained.mentalCommand).toEqual({ left: 1 })
  const [profile] = await peer.list('queryProfiles')
  expect(profile).toMatchObject({ ratings: [1 / 6], commands: ['moveL'], status: 'active' })
})

test('TrainProfile: Should return standard success object', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.session()
  expect(await peer.call('trainProfile', { faceExp: 'smile', action: 'begin' })).toBe('ok')
})

test("TrainProfile: Should subscribe to 'profile' stream of the specified session", async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const id = await peer.session()
  await peer.call('trainProfile', { session: id, command: 'moveR', action: 'begin' })
  await peer.next('pro', ({ pro }) => (pro as unknown[]).at(-1) === 'complete')
  expect(peer.notifications('pro').map((one) => [one['id'], one['pro']])).toEqual([
    [id, ['moveR', 0, 0, 'started']],
    [id, ['moveR', 1, 0.62, 'complete']]
  ])
})

test('CreateProfile: Should return a new profile model (Profile)', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const made = await peer.object('createProfile', { label: 'myProfile', commands: ['moveR', 'push'] })
  expect(made).toMatchObject({ label: 'myProfile', ratings: [0, 0], commands: ['moveR', 'push'], subject: 'jane' })
  await expect(peer.call('createProfile', { commands: ['a', 'b', 'c', 'd', 'e'] })).rejects.toMatchObject({
    code: -32602
  })
})

test('QueryProfiles: Should fail if _auth token invalid', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await expect(peer.call('queryProfiles')).rejects.toMatchObject(TOKEN)
})

test('QueryProfiles: Should return list of profile records', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await peer.call('createProfile', { name: 'p1' })
  await peer.call('createProfile', { name: 'p2' })
  expect((await peer.list('queryProfiles')).map(({ name }) => name)).toEqual(['p1', 'p2'])
})

test('QueryProfiles: Should return a list of matching Profile Models for the current user (Profile)', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const made = await peer.object('createProfile', { name: 'p1' })
  expect(await peer.list('queryProfiles', { subject: 'jane' })).toEqual([made])
  expect(await peer.list('queryProfiles', { emoId: 'emo:1234' })).toEqual([])
  await peer.authorize({ username: 'joe' })
  expect(await peer.list('queryProfiles')).toEqual([])
})

test("UpdateProfile: Should update 'profile' with id as active'", async () => {
  await using rig = await startV1()
  const { peer, simulator } = rig
  await peer.authorize()
  const { id } = await peer.object('createProfile', { name: 'p1' })
  await peer.call('updateProfile', { id })
  expect(await peer.list('queryProfiles')).toMatchObject([{ id, status: 'active' }])
  expect(simulator.model.loaded.get(HEADSETS[0]!)!.name).toBe('p1')
  await peer.call('updateProfile', { id, status: 'inactive' })
  expect(await peer.list('queryProfiles')).toMatchObject([{ id, status: 'inactive' }])
})

test.each([
  "UpdateProfile: Should return matching profile object'",
  'UpdateProfile: Should return updated Profile Model (Profile)'
])('%s', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const { id } = await peer.object('createProfile', { name: 'p1' })
  expect(await peer.call('updateProfile', { id, name: 'Mat1' })).toMatchObject({ id, name: 'Mat1', status: 'active' })
  // Without an id it is the active one.
  expect(await peer.call('updateProfile', { commands: ['moveU'] })).toMatchObject({ id, commands: ['moveU'] })
})

test('UpdateProfile: Should fail if id is not valid', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  await expect(peer.call('updateProfile', { id: 'nobody' })).rejects.toMatchObject({ code: 103 })
})

test('UpdateProfile: Should fail if token is not valid', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const { id } = await peer.object('createProfile', { name: 'p1' })
  await expect(peer.call('updateProfile', { id }, 'bad')).rejects.toMatchObject(TOKEN)
})

test('CreateSubject: Should fail if auth token is not valid', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await expect(peer.call('createSubject', SUBJECT)).rejects.toMatchObject(TOKEN)
})

test('CreateSubject: Should fail if auth scope is basic', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize({ client: 'app' })
  await expect(peer.call('createSubject', SUBJECT)).rejects.toMatchObject(TOKEN)
})

test.each([
  ['CreateSubject: Should fail if sex is not defined', 'sex', 'gender'],
  ['CreateSubject: Should fail if year is not defined', 'year', 'year'],
  ['CreateSubject: Should fail if hand is not defined', 'hand', 'hand']
] as const)('%s', async (_, word, name) => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const { [name]: _missing, ...rest } = SUBJECT
  const message = expect.stringContaining(`${word}: it is not defined`) as string
  await expect(peer.call('createSubject', rest)).rejects.toMatchObject({ code: -32602, message })
})

test('CreateSubject: Should return new Subject Model (Subject)', async () => {
  await using rig = await startV1()
  const { peer, simulator } = rig
  await peer.authorize()
  const { id, ...rest } = await peer.object('createSubject', SUBJECT)
  expect(rest).toEqual(SUBJECT)
  expect([...simulator.model.subjects.keys()]).toEqual([id])
})

test('QuerySubjects: Should fail if _auth token is not valid', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await expect(peer.call('querySubjects')).rejects.toMatchObject(TOKEN)
})

test('QuerySubjects: Should fail if license scope is basic', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize({ client: 'app' })
  await expect(peer.call('querySubjects')).rejects.toMatchObject(TOKEN)
})

test('QuerySubjects: Should a list of matching subjects model for current user (Subject)', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const first = await peer.object('createSubject', SUBJECT)
  const other = await peer.object('createSubject', { ...SUBJECT, name: 'Jane Doe', year: 1991, tags: ['pilot'] })
  expect(await peer.list('querySubjects')).toEqual([first, other])
  expect(await peer.list('querySubjects', { name: 'Doe' })).toEqual([other])
  expect(await peer.list('querySubjects', { year: '1990' })).toEqual([first])
  expect(await peer.list('querySubjects', { tags: ['pilot'], id: other['id'] })).toEqual([other])
  await peer.authorize({ username: 'joe', license: 'lic-1' })
  expect(await peer.list('querySubjects')).toEqual([])
})

test('UpdateSubject: Should fail if _auth token is not valid', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await expect(peer.call('updateSubject', { id: 'x' })).rejects.toMatchObject(TOKEN)
})

test('UpdateSubject: Should fail if license scope is basic', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize({ client: 'app' })
  await expect(peer.call('updateSubject', { id: 'x' })).rejects.toMatchObject(TOKEN)
})

test('UpdateSubject: Should fail if id does not match existing subject id for the current user', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const { id } = await peer.object('createSubject', SUBJECT)
  await expect(peer.call('updateSubject', { id: 'x' })).rejects.toMatchObject({ code: 105 })
  await peer.authorize({ username: 'joe', license: 'lic-1' })
  await expect(peer.call('updateSubject', { id })).rejects.toMatchObject({ code: 105 })
})

test('UpdateSubject: Should a single updated subject object (Subject)', async () => {
  await using rig = await startV1()
  const { peer } = rig
  await peer.authorize()
  const { id } = await peer.object('createSubject', SUBJECT)
  expect(await peer.call('updateSubject', { id, name: 'First Subject', gender: 'female' })).toEqual({
    ...SUBJECT,
    id,
    name: 'First Subject',
    gender: 'female'
  })
})
