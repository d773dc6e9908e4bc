import type { ScopeModel } from './ScopeModel.ts'

/** Where a sample lies in the picture, 0 to 1 from the left; undefined when it is not in it. */
export function placeOf(model: ScopeModel, index: number): number | undefined {
  const signal = model.signal()
  const { drawn } = model.progress()
  if (signal === null || drawn === null) return undefined
  const length = model.window() * signal.sampleRate
  const end = model.until() ?? drawn
  if (index >= end || index < end - length) return undefined
  const isSweep = model.mode() === 'scan' && model.until() === null
  return isSweep ? (index / length) % 1 : (index - (end - length)) / length
}
