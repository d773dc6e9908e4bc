import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { CortexClient } from '../../src/index.ts'
import { connectClient, startSimulator } from './startCortex.ts'

interface RecordedCall {
  readonly call: string
  readonly requests: readonly { readonly method: string; readonly params: Readonly<Record<string, unknown>> }[]
}

/** What the Python client `cortex2` sends for each of its calls. */
const { calls } = JSON.parse(
  readFileSync(new URL('../fixtures/cortex2_client_requests.json', import.meta.url), 'utf8')
) as { calls: RecordedCall[] }

const HEADSET = 'EPOCPLUS-3B9A0001'
const MARKER = { session: 's1', time: 1559903137000, value: '41', label: 'lab', port: 'USB', extras: { k: 1 } }
const TRAINING = ['mentalCommand', 'push', 's1'] as const
const [s1, p1] = [{ session: 's1' }, { profile: 'p1' }]

/** The same calls of ours. */
const OURS: Readonly<Record<string, (client: CortexClient) => Promise<unknown>>> = {
  get_cortex_info: (c) => c.getCortexInfo(),
  get_user_login: (c) => c.getUserLogin(),
  request_access: (c) => c.requestAccess(),
  authorize: (c) => c.authorize(),
  generate_new_token: (c) => c.generateNewToken(),
  get_user_information: (c) => c.getUserInformation(),
  get_license_info: (c) => c.getLicenseInfo(),
  query_headsets: (c) => c.queryHeadsets(),
  control_device: (c) => c.controlDevice('connect', { headset: HEADSET, mappings: { CMS: 'TP8' } }),
  refresh_headsets: (c) => c.refreshHeadsets(),
  connect_headset: (c) => c.connectHeadset(HEADSET, { mappings: { CMS: 'TP8', DRL: 'P6' } }),
  disconnect_headset: (c) => c.disconnectHeadset(HEADSET),
  update_headset: (c) => c.updateHeadset({ mode: 'EPOCPLUS', eegRate: 256, memsRate: 64 }, HEADSET),
  maximize_headset: (c) => c.maximizeHeadset(HEADSET),
  maximize_headset_no_motion: (c) => c.maximizeHeadsetNoMotion(HEADSET),
  create_session: (c) => c.createSession(HEADSET),
  create_activated_session: (c) => c.createActivatedSession(HEADSET),
  update_session: (c) => c.updateSession('active', 's1'),
  activate_session: (c) => c.activateSession('s1'),
  query_sessions: (c) => c.querySessions(),
  subscribe: (c) => c.subscribe(['eeg', 'mot'], 's1'),
  unsubscribe: (c) => c.unsubscribe(['mot'], 's1'),
  create_record: (c) => c.createRecord('t', { ...s1, description: 'd', subjectName: 'sub', tags: ['a'] }),
  stop_record: (c) => c.stopRecord('s1'),
  update_record: (c) => c.updateRecord('r1', { description: 'd', tags: ['x'] }),
  delete_record: (c) => c.deleteRecord(['r1']),
  export_record: (c) =>
    c.exportRecord(['r1'], { folder: '/f', format: 'CSV', streamTypes: ['EEG', 'MOTION'], version: 'V2' }),
  export_edf: (c) => c.exportEdf(['r1'], '/f', ['EEG']),
  export_csv_v1: (c) => c.exportCsvV1(['r1'], '/f', ['EEG']),
  export_csv_v2: (c) => c.exportCsvV2(['r1'], '/f', ['PM', 'BP']),
  query_records: (c) => c.queryRecords({ keyword: 'k' }),
  get_record_infos: (c) => c.getRecordInfos(['r1']),
  inject_marker: (c) => c.injectMarker(MARKER),
  update_marker: (c) => c.updateMarker('m1', { time: 1559903139000, ...s1, extras: {} }),
  query_profiles: (c) => c.queryProfiles(),
  get_current_profile: (c) => c.getCurrentProfile(HEADSET),
  setup_profile: (c) => c.setupProfile('create', 'p1', { headset: HEADSET }),
  create_profile: (c) => c.createProfile('p1', HEADSET),
  load_profile: (c) => c.loadProfile('p1', HEADSET),
  unload_profile: (c) => c.unloadProfile('p1', HEADSET),
  save_profile: (c) => c.saveProfile('p1', HEADSET),
  rename_profile: (c) => c.renameProfile('p1', 'p2', HEADSET),
  delete_profile: (c) => c.deleteProfile('p1', HEADSET),
  load_guest_profile: (c) => c.loadGuestProfile(HEADSET),
  get_detection_info: (c) => c.getDetectionInfo('mentalCommand'),
  get_mental_command_info: (c) => c.getMentalCommandInfo(),
  get_facial_expression_info: (c) => c.getFacialExpressionInfo(),
  training: (c) => c.training('start', { detection: 'mentalCommand', action: 'push', ...s1 }),
  start_training: (c) => c.startTraining(...TRAINING),
  accept_training: (c) => c.acceptTraining(...TRAINING),
  reject_training: (c) => c.rejectTraining(...TRAINING),
  reset_training: (c) => c.resetTraining(...TRAINING),
  get_trained_signature_actions: (c) => c.getTrainedSignatureActions('mentalCommand', p1),
  get_training_time: (c) => c.getTrainingTime('mentalCommand', 's1'),
  facial_expression_signature_type: (c) => c.setFacialExpressionSignatureType('trained', s1),
  get_facial_expression_signature_type: (c) => c.getFacialExpressionSignatureType(p1),
  set_facial_expression_signature_type: (c) => c.setFacialExpressionSignatureType('universal', s1),
  facial_expression_threshold: (c) => c.setFacialExpressionThreshold('smile', 500, s1),
  get_facial_expression_threshold: (c) => c.getFacialExpressionThreshold('smile', p1),
  set_facial_expression_threshold: (c) => c.setFacialExpressionThreshold('smile', 1, s1),
  mental_command_active_action: (c) => c.setMentalCommandActiveAction(['push', 'pull'], s1),
  get_mental_command_active_action: (c) => c.getMentalCommandActiveAction(p1),
  set_mental_command_active_action: (c) => c.setMentalCommandActiveAction(['lift'], s1),
  mental_command_brain_map: (c) => c.mentalCommandBrainMap(p1),
  mental_command_get_skill_rating: (c) => c.mentalCommandGetSkillRating('push', p1),
  mental_command_training_threshold: (c) => c.mentalCommandTrainingThreshold(s1),
  mental_command_action_level: (c) => c.setMentalCommandActionLevel(3, s1),
  get_mental_command_action_level: (c) => c.getMentalCommandActionLevel(p1),
  set_mental_command_action_level: (c) => c.setMentalCommandActionLevel(7, s1),
  mental_command_action_sensitivity: (c) => c.setMentalCommandActionSensitivity([5, 6], s1),
  get_mental_command_action_sensitivity: (c) => c.getMentalCommandActionSensitivity(p1),
  set_mental_command_action_sensitivity: (c) => c.setMentalCommandActionSensitivity([1], s1),
  close_session: (c) => c.closeSession('s1')
}

/** Without what names the caller, and with the names of the documentation where the Python client has its own. */
function comparable({ method, params }: RecordedCall['requests'][number]): object {
  const { clientId: _id, clientSecret: _secret, cortexToken: _token, records, orderBy, ...rest } = params
  const list = method === 'deleteRecord' ? 'records' : 'recordIds'
  return {
    method,
    params: {
      ...rest,
      ...(records !== undefined && { [list]: [records].flat() }),
      ...(orderBy !== undefined && { orderBy: [orderBy].flat() })
    }
  }
}

test('every call sends what the Python client sends', async () => {
  await using simulator = await startSimulator({ headsets: [HEADSET] })
  await using client = await connectClient(simulator)
  await client.syncHeadsets()
  let sent: RecordedCall['requests'][number][] = []
  simulator.onCall = (method, params) => sent.push({ method, params: params as Record<string, unknown> })
  // It asks without saying who it is, and its erasing fails within itself.
  const compared = calls.filter(({ call }) => !['has_access_right', 'erase_training'].includes(call))
  expect(compared.map(({ call }) => call).filter((call) => !(call in OURS))).toEqual([])
  for (const { call, requests } of compared) {
    sent = []
    // The simulator knows neither session s1 nor record r1: what counts is what it was asked.
    await OURS[call]!(client).catch(() => undefined)
    const asked = sent.map(comparable)
    expect({ call, count: asked.length > 0 }).toEqual({ call, count: true })
    expect({ call, asked: asked.slice(0, requests.length) }).toEqual({
      call,
      asked: requests.map(comparable).slice(0, asked.length)
    })
  }
})

test('the simulator takes every request of the Python client as it is', async () => {
  await using simulator = await startSimulator({ headsets: [HEADSET] })
  await using client = await connectClient(simulator)
  await client.connectHeadset()
  const { id: session } = await client.createActivatedSession()
  await client.createProfile('p1')
  const { record } = await client.createRecord('r')
  const { marker } = await client.injectMarker({ time: Date.now(), value: 1, label: 'm' })
  const known: Readonly<Record<string, unknown>> = { s1: session, r1: record.uuid, m1: marker.uuid }
  const real = (value: unknown): unknown => (Array.isArray(value) ? value.map(real) : (known[value as string] ?? value))
  const refused: string[] = []
  // What needs another state than this: a second session, a training that succeeded, a record that is over.
  const unsuited =
    /^(create_|close_|disconnect|accept_|reject_|start_training|stop_record|setup_|unload_|rename_|delete_)/
  for (const { call, requests } of calls) {
    if (unsuited.test(call)) continue
    for (const { method, params } of requests) {
      const { clientId: _id, clientSecret: _secret, cortexToken, ...rest } = params
      const own = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, real(value)]))
      if (_secret !== undefined) continue
      const send = cortexToken === undefined ? client.sendRequest(method, own) : client.sendAuthedRequest(method, own)
      await send.catch((error: Error) => refused.push(`${call}: ${error.message}`))
    }
  }
  expect(refused).toEqual([])
})
