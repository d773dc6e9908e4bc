import type { SideMessageOf } from '../side/messages.ts'
import type { Claims } from './Claims.ts'
import type { Service } from './Consumer.ts'
import { REMEMBERED_RUNS } from './RunHistory.ts'

/** Where counting starts: where the input was, else behind its last acknowledgement, else as its delivery says. */
export function startOf(
  { source, run, from, name }: SideMessageOf<'hello'>,
  service: Service,
  { hub, claims }: { hub: { readonly id: string; readonly run: number; readonly index: number }; claims: Claims }
): { run: number; from: number } {
  const oldest = Math.max(0, hub.run - REMEMBERED_RUNS + 1)
  // Whoever was connected to what was here before has missed everything.
  if (source !== null && source !== hub.id) return { run: oldest, from: 0 }
  if (run !== null && from !== null && run <= hub.run && run >= oldest) return { run, from }
  if (service !== 'complete') return { run: hub.run, from: hub.index }
  const acknowledged = name === null ? undefined : claims.of(name)
  return acknowledged ? { run: acknowledged.run, from: acknowledged.index } : { run: hub.run, from: 0 }
}
