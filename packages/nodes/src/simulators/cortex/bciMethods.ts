import { randomUUID } from 'node:crypto'
import { DETECTION_INFO, DETECTIONS, newSettings, type BciSettings, type Detection } from './bciSettings.ts'
import { headsetOf, sessionOf, type Call, type Method } from './Call.ts'
import type { SimulatedProfile } from './CortexModel.ts'
import type { LiveSession } from './LiveSession.ts'
import type { CallParams } from './params.ts'
import { Refusal } from './Refusal.ts'

const DONE = {
  create: 'created',
  load: 'loaded',
  unload: 'unloaded',
  save: 'saved',
  rename: 'renamed',
  delete: 'deleted'
} as const

/** Profiles, training and the settings of detections. */
export const bciMethods: Readonly<Record<string, Method>> = {
  queryProfile: (_, { model }) =>
    [...model.profiles.values()].map(({ uuid, name, eegChannels }) => ({ uuid, name, readOnly: false, eegChannels })),

  getCurrentProfile: (params, call) => {
    const { name } = call.model.loadedOn(headsetOf(params, call).id)
    return name === null ? { name } : { name, loadedByThisApp: true }
  },

  setupProfile: (params, call) => {
    const action = params.oneOf('status', ['create', 'load', 'unload', 'save', 'rename', 'delete'])
    const name = params.text('profile')
    PROFILE_ACTIONS[action](name, params, call)
    return { action, name, message: `The profile is ${DONE[action]}` }
  },

  loadGuestProfile: (params, call) => {
    const { id } = headsetOf(params, call)
    call.model.loaded.set(id, { name: null, settings: newSettings() })
    call.client.warn(13, { behavior: 'Profile loaded', headset: id, profile: '' })
    return { action: 'loadGuestProfile', message: 'The guest profile is loaded' }
  },

  getDetectionInfo: (params) => DETECTION_INFO[params.oneOf('detection', DETECTIONS)],

  training: (params, call) => {
    const session = sessionOf(params, call)
    const detection = params.oneOf('detection', DETECTIONS)
    const action = params.text('action')
    if (!(DETECTION_INFO[detection].actions as readonly string[]).includes(action)) {
      throw new Refusal(-32602, `action: unknown action ${action}`)
    }
    const status = params.oneOf('status', ['start', 'accept', 'reject', 'reset', 'erase'])
    TRAINING[status]({ session, detection, action, call })
    return { action, status, message: 'Set up training successfully' }
  },

  getTrainedSignatureActions: (params, call) => {
    const { trained } = settingsOf(params, call)
    const times = Object.entries(trained[params.oneOf('detection', DETECTIONS)])
    return {
      totalTimesTraining: times.reduce((sum, [, count]) => sum + count, 0),
      trainedActions: times.map(([action, count]) => ({ action, times: count }))
    }
  },

  getTrainingTime: (params, call) => {
    params.oneOf('detection', DETECTIONS)
    sessionOf(params, call)
    return { time: call.durations.training }
  },

  facialExpressionSignatureType: (params, call) => {
    const settings = settingsOf(params, call)
    if (isGet(params)) return { currentSig: settings.signature, availableSig: ['universal', 'trained'] }
    settings.signature = params.oneOf('signature', ['universal', 'trained'])
    return { signature: settings.signature, message: 'Set signature type successfully' }
  },

  facialExpressionThreshold: (params, call) => {
    const { thresholds } = settingsOf(params, call)
    const action = params.text('action')
    if (isGet(params)) return thresholds[action] ?? 500
    const value = (thresholds[action] = within(params, 'value', [0, 1000]))
    return { action, value, message: 'Set threshold successfully' }
  },

  mentalCommandActiveAction: (params, call) => {
    const settings = settingsOf(params, call)
    if (isGet(params)) return settings.activeActions
    const actions = params.texts('actions')
    if (actions.length > 4) throw new Refusal(-32602, `actions: expected at most 4, got ${actions.length}`)
    settings.activeActions = actions
    return { actions, message: 'Set active actions successfully' }
  },

  mentalCommandBrainMap: (params, call) =>
    settingsOf(params, call).activeActions.map((action, k) => ({
      action,
      coordinates: action === 'neutral' ? [0, 0] : [0.4 * Math.cos(k), 0.7 * Math.abs(Math.sin(k))]
    })),

  mentalCommandGetSkillRating: (params, call) => {
    const trained = settingsOf(params, call).trained.mentalCommand
    const times = params.has('action') ? (trained[params.text('action')] ?? 0) : sum(Object.values(trained))
    return times / (times + 5)
  },

  mentalCommandTrainingThreshold: (params, call) => ({
    currentThreshold: 0.5,
    lastTrainingScore: settingsOf(params, call).lastScore
  }),

  mentalCommandActionLevel: (params, call) => {
    const settings = settingsOf(params, call)
    if (isGet(params)) return settings.level
    settings.level = within(params, 'level', [1, 7])
    return { level: settings.level, message: 'Set action level successfully' }
  },

  mentalCommandActionSensitivity: (params, call) => {
    const settings = settingsOf(params, call)
    if (isGet(params)) return settings.sensitivity
    const values = params.raw('values')
    const suits = (value: unknown) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 10
    if (!Array.isArray(values) || !values.every(suits))
      throw new Refusal(-32602, 'values: expected numbers from 1 to 10')
    settings.sensitivity = values as number[]
    return { values, message: 'Set sensitivity successfully' }
  }
}

type ProfileAction = (name: string, params: CallParams, call: Call) => void

const PROFILE_ACTIONS: Readonly<Record<keyof typeof DONE, ProfileAction>> = {
  create: (name, _params, { model }) => {
    if (model.profiles.has(name)) throw new Refusal(-32602, 'profile: it exists')
    const [headset] = model.headsets.values()
    const eegChannels = headset?.sensors ?? []
    model.profiles.set(name, { uuid: randomUUID(), name, settings: newSettings(), eegChannels })
  },
  load: (name, params, call) => {
    const { id } = headsetOf(params, call)
    call.model.loaded.set(id, { name, settings: structuredClone(profileOf(name, call).settings) })
    call.client.warn(13, { behavior: 'Profile loaded', headset: id, profile: name })
  },
  unload: (name, params, call) => {
    const { id } = headsetOf(params, call)
    if (call.model.loadedOn(id).name !== name) throw new Refusal(-32046)
    call.model.loaded.delete(id)
    call.client.warn(14, { behavior: 'Profile unloaded', headset: id, profile: name })
  },
  save: (name, params, call) => {
    const { settings } = call.model.loadedOn(headsetOf(params, call).id)
    profileOf(name, call).settings = structuredClone(settings)
  },
  rename: (name, params, call) => {
    const profile = profileOf(name, call)
    const newName = params.text('newProfileName')
    if (call.model.profiles.has(newName)) throw new Refusal(-32602, 'newProfileName: it exists')
    call.model.profiles.delete(name)
    profile.name = newName
    call.model.profiles.set(newName, profile)
    for (const loaded of call.model.loaded.values()) if (loaded.name === name) loaded.name = newName
  },
  delete: (name, _params, call) => {
    profileOf(name, call)
    call.model.profiles.delete(name)
  }
}

interface TrainingStep {
  readonly session: LiveSession
  readonly detection: Detection
  readonly action: string
  readonly call: Call
}

const TRAINING: Readonly<Record<'start' | 'accept' | 'reject' | 'reset' | 'erase', (step: TrainingStep) => void>> = {
  start: (step) => {
    const { session, detection, action, call } = step
    if (session.training) throw new Refusal(-32602, 'session: it has a training in progress')
    tell(step, 'Started')
    const timer = call.later(call.durations.training, () => {
      if (session.training) session.training.state = 'succeeded'
      settingsIn(session, call).lastScore = 0.62
      tell(step, 'Succeeded')
    })
    session.training = { detection, action, state: 'running', timer }
  },
  accept: (step) => {
    const { session, detection, action, call } = step
    finishTraining(step)
    const trained = settingsIn(session, call).trained[detection]
    trained[action] = (trained[action] ?? 0) + 1
    tell(step, 'Completed')
  },
  reject: (step) => {
    finishTraining(step)
    tell(step, 'Rejected')
  },
  reset: (step) => {
    const { session } = step
    if (session.training) clearTimeout(session.training.timer)
    session.training = undefined
    tell(step, 'Reset')
  },
  erase: (step) => {
    const { session, detection, action, call } = step
    delete settingsIn(session, call).trained[detection][action]
    tell(step, 'DataErased')
  }
}

function finishTraining({ session, detection, action }: TrainingStep): void {
  const { training } = session
  if (training?.state !== 'succeeded' || training.action !== action || training.detection !== detection) {
    throw new Refusal(-32602, 'session: no training of that action waits to be accepted or rejected')
  }
  session.training = undefined
}

/** How training goes on is told on stream `sys`. */
function tell({ session, detection, call }: TrainingStep, event: string): void {
  if (!session.has('sys')) return
  const message = `${detection === 'mentalCommand' ? 'MC' : 'FE'}_${event}`
  // After the answer to the call.
  call.later(0, () => call.client.send({ sys: [detection, message], sid: session.id, time: Date.now() / 1000 }))
}

function settingsIn(session: LiveSession, { model }: Call): BciSettings {
  return model.loadedOn(session.headset.id).settings
}

/** Of a saved profile, which cannot be changed that way, or of the one loaded on the session's headset. */
function settingsOf(params: CallParams, call: Call): BciSettings {
  if (params.has('profile') === params.has('session')) throw new Refusal(-32602, 'expected profile or session')
  if (params.has('session')) return settingsIn(sessionOf(params, call), call)
  if (params.has('status') && !isGet(params)) throw new Refusal(-32602, 'profile: saved settings are read-only')
  return profileOf(params.text('profile'), call).settings
}

function profileOf(name: string, { model }: Call): SimulatedProfile {
  const profile = model.profiles.get(name)
  if (profile === undefined) throw new Refusal(-32046)
  return profile
}

function isGet(params: CallParams): boolean {
  return params.oneOf('status', ['get', 'set']) === 'get'
}

function within(params: CallParams, name: string, [low, high]: readonly [number, number]): number {
  const value = params.number(name)
  if (value < low || value > high) throw new Refusal(-32602, `${name}: expected ${low} to ${high}, got ${value}`)
  return value
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
