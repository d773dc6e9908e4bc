import { DeviceError } from '@nodeacq/core'
import type { V1Call } from './calls.ts'
import { commandToV1, commandToV2 } from './names.ts'
import type { V1Calls } from './V1Calls.ts'

const TRAINING_ACTIONS: Readonly<Record<string, string>> = { start: 'start', reset: 'reset', erase: 'erase' }

/** Profiles and training: the older Cortex keeps what is trained in the active profile by itself. */
export const PROFILE_CALLS: Readonly<Record<string, V1Call>> = {
  training: async ({ session, detection, status, action }, calls) => {
    const step = TRAINING_ACTIONS[String(status)]
    if (step === undefined)
      throw new DeviceError(`Cortex: training: the older Cortex (dialect v1) knows no '${String(status)}'`)
    const what = detection === 'mentalCommand' ? { command: commandToV1(String(action)) } : { faceExp: action }
    await calls.send('trainProfile', { session, ...what, action: step })
    return { action, status, message: 'ok' }
  },

  queryProfile: async (_, calls) => {
    const profiles = await calls.list('queryProfiles', {})
    return profiles.map((profile) => ({ uuid: profile['id'], name: nameOf(profile), readOnly: false, eegChannels: [] }))
  },

  getCurrentProfile: async (_, calls) => {
    const active = await activeProfile(calls)
    return active === undefined ? { name: null } : { name: nameOf(active), loadedByThisApp: true }
  },

  setupProfile: async ({ status, profile, newProfileName }, calls) => {
    switch (status) {
      case 'create':
        await calls.send('createProfile', { name: profile })
        break
      case 'load':
      case 'unload':
        await update(profile, { status: status === 'load' ? 'active' : 'inactive' }, calls)
        break
      case 'rename':
        await update(profile, { name: newProfileName }, calls)
        break
      default:
        throw new DeviceError(`Cortex: setupProfile: the older Cortex (dialect v1) knows no '${String(status)}'`)
    }
    return { action: status, name: profile, message: '' }
  },

  mentalCommandActiveAction: async ({ status, actions, profile }, calls) => {
    if (status === 'set') {
      await calls.send('updateProfile', { commands: (actions as string[]).map(commandToV1) })
      return { actions, message: '' }
    }
    const found = profile === undefined ? await activeProfile(calls) : await profileOf(profile, calls)
    return ((found?.['commands'] ?? []) as string[]).map(commandToV2)
  }
}

async function update(profile: unknown, change: object, calls: V1Calls): Promise<void> {
  const { id } = await profileOf(profile, calls)
  await calls.send('updateProfile', { id, ...change })
}

async function profileOf(name: unknown, calls: V1Calls): Promise<Record<string, unknown>> {
  const found = (await calls.list('queryProfiles', {})).find((profile) => nameOf(profile) === name)
  if (found === undefined) throw new DeviceError(`Cortex: there is no profile '${String(name)}'`)
  return found
}

async function activeProfile(calls: V1Calls): Promise<Record<string, unknown> | undefined> {
  return (await calls.list('queryProfiles', {})).find(({ status }) => status === 'active')
}

/** Some examples say label. */
function nameOf({ id, name, label }: Readonly<Record<string, unknown>>): unknown {
  return name ?? label ?? id
}
