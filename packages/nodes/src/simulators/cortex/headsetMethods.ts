import { randomUUID } from 'node:crypto'
import { headsetOf, type Call, type Method } from './Call.ts'
import type { SimulatedHeadset } from './headsets.ts'
import { Refusal } from './Refusal.ts'
import type { CallParams } from './params.ts'

/** Headsets: finding, connecting, setting up. */
export const headsetMethods: Readonly<Record<string, Method>> = {
  queryHeadsets: (params, { model }) => {
    const pattern = params.text('id', '*')
    const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    const wanted = new RegExp(`^${parts.join('.*')}$`)
    return [...model.headsets.values()].filter(({ id }) => wanted.test(id))
  },

  controlDevice: (params, call) => {
    const command = params.oneOf('command', ['refresh', 'connect', 'disconnect'])
    if (command === 'refresh') return refresh(call)
    const headset = headsetOf(params, call)
    return command === 'connect' ? connect(headset, params, call) : disconnect(headset, call)
  },

  updateHeadset: (params, call) => {
    const headset = headsetOf(params, call)
    const { mode, eegRate, memsRate } = params.object('setting')
    if (![128, 256].includes(eegRate as number) || ![0, 32, 64, 128].includes(memsRate as number)) {
      throw new Refusal(-32602, 'setting: expected eegRate 128 or 256, memsRate 0, 32, 64 or 128')
    }
    headset.settings = {
      ...headset.settings,
      eegRate: eegRate as number,
      memsRate: memsRate as number,
      ...(typeof mode === 'string' && { mode })
    }
    return { headset: headset.id, message: 'The setting of the headset is being updated' }
  },

  updateHeadsetCustomInfo: (params, call) => {
    const headset = headsetOf(params, call, 'headsetId')
    headset.customName = params.text('customName', headset.customName)
    if (params.has('headbandPosition')) headset.headbandPosition = params.oneOf('headbandPosition', ['back', 'top'])
    return headset
  },

  syncWithHeadsetClock: (params, call) => {
    params.number('monotonicTime')
    const adjustment = Date.now() / 1000 - params.number('systemTime')
    return { adjustment, headset: headsetOf(params, call).id }
  },

  configMapping: (params, { model }) => {
    switch (params.oneOf('status', ['create', 'get', 'read', 'update', 'delete'])) {
      case 'create': {
        const value = { uuid: randomUUID(), name: params.text('name'), mappings: params.object('mappings') }
        model.mappings.set(value.uuid, value)
        return { message: 'Create flex mapping config successful', value }
      }
      case 'get':
        return { message: 'Get flex mapping config successful', value: { config: [...model.mappings.values()] } }
      case 'read':
        return { message: 'Read flex mapping config successful', value: mappingOf(params, model) }
      case 'update': {
        const old = mappingOf(params, model)
        const value = {
          ...old,
          name: params.text('name', old.name),
          mappings: params.object('mappings', old.mappings)
        }
        model.mappings.set(value.uuid, value)
        return { message: 'Update flex mapping config successful', value }
      }
      case 'delete': {
        const { uuid } = mappingOf(params, model)
        model.mappings.delete(uuid)
        return { message: 'Delete flex mapping config successful', value: uuid }
      }
    }
  }
}

function mappingOf(params: CallParams, model: Call['model']) {
  const mapping = model.mappings.get(params.text('uuid'))
  if (mapping === undefined) throw new Refusal(-32602, 'uuid: no such mapping')
  return mapping
}

function refresh({ client, durations, later }: Call): object {
  later(durations.scan, () => client.warn(142, { behavior: 'Headset discovery complete.' }))
  return { command: 'refresh', message: 'Start scanning headsets.' }
}

function connect(headset: SimulatedHeadset, params: CallParams, { durations, later, warnAll, model }: Call): object {
  headset.flexMappings = params.object('mappings', {}) as Record<string, string>
  if (headset.status === 'discovered') {
    headset.status = 'connecting'
    later(durations.connect, () => {
      if (headset.status !== 'connecting' || !model.headsets.has(headset.id)) return
      headset.status = 'connected'
      warnAll(104, { behavior: 'Headset connected', headsetId: headset.id })
    })
  }
  return { command: 'connect', message: `Start connecting to headset ${headset.id}` }
}

function disconnect(headset: SimulatedHeadset, { client, warnAll }: Call): object {
  headset.status = 'discovered'
  for (const session of [...client.sessions.values()]) {
    if (session.headset !== headset) continue
    client.close(session)
    warnAll(1, { behavior: 'Session was closed', sessionId: session.id })
  }
  return { command: 'disconnect', message: `Disconnecting headset ${headset.id}` }
}
