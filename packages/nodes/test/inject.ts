import type { RunningSimulator } from '../src/index.ts'

/** Makes a fault happen now: `kind` or `kind=value`. */
export function inject(simulator: RunningSimulator, fault: string): void {
  const [kind = '', value = ''] = fault.split('=')
  simulator.inject({ kind, value, at: 0 })
}
