import { V1_ERRORS } from '../../../devices/cortex/v1/messages.ts'
import type { SimulatedHeadset } from '../headsets.ts'
import type { V1Context, V1Method } from './V1Context.ts'
import { V1Refusal } from './V1Refusal.ts'

/** Headsets. */
export const headsetRules: Readonly<Record<string, V1Method>> = {
  queryHeadsets: (params, context) => {
    const session = context.openSession
    session.subscribe('dev')
    const wanted = params.has('id') ? { id: params.text('id') } : {}
    const found = (context.cortex2('queryHeadsets', wanted) as SimulatedHeadset[]).map(describe)
    return params.has('status') ? found.filter(({ status }) => status === params.text('status')) : found
  },

  updateHeadset: (params, context) => {
    const id = params.has('_id') ? params.text('_id') : params.text('id', '')
    const headset = context.call.model.headsets.get(id)
    if (headset === undefined) throw new V1Refusal(V1_ERRORS.headset)
    const { mappings, headbandPosition, ...setting } = params.object('settings', {})
    if (Object.keys(setting).length > 0) {
      context.cortex2('updateHeadset', { headset: id, setting: { ...headset.settings, ...setting } })
    }
    const customName = params.raw('label') ?? params.raw('name')
    if (customName !== undefined || headbandPosition !== undefined) {
      context.cortex2('updateHeadsetCustomInfo', { headsetId: id, customName, headbandPosition })
    }
    if (params.has('status')) {
      const command = params.text('status') === 'connected' ? 'connect' : 'disconnect'
      context.cortex2('controlDevice', { command, headset: id, mappings })
    }
    subscribeDevice(context)
    return describe(headset)
  }
}

/** Of the session that is open, if one is. */
function subscribeDevice(context: V1Context): void {
  for (const session of context.sessions.values()) {
    if (session.client === context.call.client && session.status !== 'closed') session.subscribe('dev')
  }
}

function describe({ id, status, customName, settings }: SimulatedHeadset) {
  return {
    id,
    status: status === 'connected' ? 'connected' : 'paired',
    ...(customName !== '' && { label: customName }),
    settings
  }
}
