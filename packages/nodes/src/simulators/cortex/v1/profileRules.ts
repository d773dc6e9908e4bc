import { randomUUID } from 'node:crypto'
import { V1_ERRORS } from '../../../devices/cortex/v1/messages.ts'
import { commandToV1, commandToV2, isFacial } from '../../../devices/cortex/v1/names.ts'
import type { SimulatedProfile } from '../CortexModel.ts'
import type { CallParams } from '../params.ts'
import { Refusal } from '../Refusal.ts'
import type { V1Context, V1Method } from './V1Context.ts'
import type { V1Live } from './V1Live.ts'
import { V1Refusal } from './V1Refusal.ts'

/** Commands of a profile, at most. */
const COMMANDS = 4

/** Profiles, and training, which is kept in the active one. */
export const profileRules: Readonly<Record<string, V1Method>> = {
  createProfile: (params, context) => {
    const commands = commandsOf(params)
    const profile = params.text('name', params.text('label', randomUUID()))
    context.cortex2('setupProfile', { status: 'create', profile })
    const made = context.call.model.profiles.get(profile)!
    context.owners.set(made.uuid, context.call.model.options.username)
    if (commands) made.settings.activeActions = commands
    return describe(made, context)
  },

  queryProfiles: (params, context) => {
    const { user } = context.authorisation
    const wanted = params.text('subject', params.text('emoId', user))
    if (wanted !== user) return []
    const isOwn = ({ uuid }: SimulatedProfile) => context.owners.get(uuid) === user
    return [...context.call.model.profiles.values()].filter(isOwn).map((profile) => describe(profile, context))
  },

  updateProfile: (params, context) => {
    void context.authorisation
    const profile = params.has('id') ? profileOf(params.text('id'), context) : activeProfile(context)
    const headset = headsetOf(context)
    if (params.has('name') && params.text('name') !== profile.name) {
      const newProfileName = params.text('name')
      context.cortex2('setupProfile', { status: 'rename', profile: profile.name, newProfileName })
    }
    const { model } = context.call
    const isLoaded = model.loadedOn(headset).name === profile.name
    if (params.text('status', 'active') === 'active') {
      if (!isLoaded) context.cortex2('setupProfile', { status: 'load', profile: profile.name, headset })
    } else if (isLoaded) context.cortex2('setupProfile', { status: 'unload', profile: profile.name, headset })
    const commands = commandsOf(params)
    if (commands) {
      profile.settings.activeActions = commands
      if (model.loadedOn(headset).name === profile.name) model.loadedOn(headset).settings.activeActions = commands
    }
    return describe(profile, context)
  },

  trainProfile: (params, context) => {
    const session = context.activeSession(params)
    if (params.has('profile')) loadProfile(params.text('profile'), session, context)
    const status = ACTIONS[params.text('action', 'start')]
    if (status === undefined) throw new Refusal(-32602, `action: expected ${Object.keys(ACTIONS).join(', ')}`)
    const action = params.has('faceExp') ? params.text('faceExp') : commandToV2(params.text('command', 'neutral'))
    const detection = params.has('faceExp') || isFacial(action) ? 'facialExpression' : 'mentalCommand'
    session.subscribe('pro')
    const { call } = context
    context.cortex2('training', { session: session.id, detection, status, action })
    const save = (): void => {
      const { name } = call.model.loadedOn(session.live.headset.id)
      if (name === null) return
      context.cortex2('setupProfile', { status: 'save', profile: name, headset: session.live.headset.id })
    }
    session.training = { detection, action, call, save }
    return 'ok'
  }
}

/** What an action of the document is in Cortex 2; it names none but the first two. */
const ACTIONS: Readonly<Record<string, string>> = { start: 'start', begin: 'start', reset: 'reset', erase: 'erase' }

/** Makes a profile that of a session. @throws {V1Refusal} */
export function loadProfile(id: string, session: V1Live, context: V1Context): void {
  const { name, uuid } = profileOf(id, context)
  context.cortex2('setupProfile', { status: 'load', profile: name, headset: session.live.headset.id })
  session.profile = uuid
}

/** The user's, by its id or by its name. @throws {V1Refusal} */
function profileOf(id: string, { call, owners }: V1Context): SimulatedProfile {
  const { profiles, options } = call.model
  const profile = profiles.get(id) ?? [...profiles.values()].find(({ uuid }) => uuid === id)
  if (profile === undefined || owners.get(profile.uuid) !== options.username) throw new V1Refusal(V1_ERRORS.profile)
  return profile
}

function activeProfile(context: V1Context): SimulatedProfile {
  const { name } = context.call.model.loadedOn(headsetOf(context))
  return profileOf(name ?? '', context)
}

/** Of the session that is open, or the first that there is. */
function headsetOf({ call, sessions }: V1Context): string {
  const open = [...sessions.values()].find(({ client, status }) => client === call.client && status !== 'closed')
  const [first = ''] = call.model.headsets.keys()
  return open?.live.headset.id ?? first
}

/** In the words of Cortex 2; undefined where none are given. @throws {Refusal} more than four */
function commandsOf(params: CallParams): string[] | undefined {
  if (!params.has('commands')) return undefined
  const commands = params.texts('commands')
  if (commands.length > COMMANDS)
    throw new Refusal(-32602, `commands: expected at most ${COMMANDS}, got ${commands.length}`)
  return commands.map(commandToV2)
}

function describe({ uuid, name, settings }: SimulatedProfile, { call, owners }: V1Context): object {
  const isActive = [...call.model.loaded.values()].some((loaded) => loaded.name === name)
  const { mentalCommand } = settings.trained
  const ratings = settings.activeActions.map((action) => {
    const times = mentalCommand[action] ?? 0
    return times / (times + 5)
  })
  return {
    id: uuid,
    name,
    label: name,
    ratings,
    commands: settings.activeActions.map(commandToV1),
    subject: owners.get(uuid),
    status: isActive ? 'active' : 'inactive'
  }
}
