import type { RecorderStatus } from '@nodeacq/core'
import { formatBytes, formatClock, formatCount } from './format.ts'
import type { Paint } from './Paint.ts'

/** What every recorder does, one line each, and why where something failed. Paths are never cut: somebody will copy them. */
export function recorderLines(recorders: readonly RecorderStatus[], paint: Paint): string[] {
  const width = Math.max(0, ...recorders.map(({ node }) => node.length))
  return recorders.flatMap((recorder) => {
    const { node, state, file, seconds, bytes, lostSamples, error } = recorder
    const head = `${node.padEnd(width)}  ${paintOf(recorder, paint)(state)}`
    if (state === 'failed') return [`${head}: ${error}${file === null ? '' : ` (${file})`}`]
    if (file === null) return [head]
    const loss = lostSamples === 0 ? 'nothing lost' : paint.bad(`${formatCount(lostSamples)} samples lost`)
    return [`${head}  ${formatClock(seconds)}  ${formatBytes(bytes)}  ${loss}  ${file}`]
  })
}

function paintOf({ state }: RecorderStatus, paint: Paint): (text: string) => string {
  if (state === 'recording' || state === 'verified' || state === 'closed') return paint.good
  return state === 'failed' ? paint.bad : paint.dim
}
