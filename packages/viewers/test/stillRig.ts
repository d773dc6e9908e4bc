import { ScopeRig, type RigOptions } from './ScopeRig.ts'

/** How the four channels of a still picture are drawn. */
export const TRACES = [0, 1, 2, 3].map((channel) => ({ gain: 1 / 200, offset: 3 - channel - 5 * channel - 0.5 }))
export const AXIS = { yMin: -0.5, yMax: 3.5 }

/** A view that is the same for everybody: nothing is scaled by what happens to be in the picture. */
function paramsOf({ window, isSweep }: { window: number; isSweep: boolean }): Record<string, unknown> {
  const channels = Object.fromEntries(TRACES.map((trace, channel) => [`ch${channel}`, trace]))
  return { window, mode: isSweep ? 'scan' : 'scroll', ...AXIS, isAutoScaled: false, channels }
}

/** Some seconds of a signal with a hole and an event, and then nothing more: a picture that stands still. */
export async function stillRig(
  look: { window: number; isSweep: boolean },
  options: RigOptions = {}
): Promise<ScopeRig> {
  const rig = await ScopeRig.start({ channels: 4, params: paramsOf(look), ...options })
  await rig.send(3000)
  rig.skip(150)
  await rig.send(777)
  await rig.tell(3400, 'cue')
  return rig
}
