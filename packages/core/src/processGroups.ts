/** Something that is closed before the process ends. */
interface Closable {
  close(): Promise<void>
}

const groups = new Set<Closable>()
let end: (() => void) | undefined

/** Keeps a group in the account of this process. */
export function addProcessGroup(group: Closable): void {
  groups.add(group)
}

/** A process that exists for its groups ends when the last of them has closed. */
export function removeProcessGroup(group: Closable): void {
  if (groups.delete(group) && groups.size === 0) end?.()
}

/** Says how this process ends; one that was not started for its groups goes on without them. */
export function endWithGroups(endProcess: () => void): void {
  end = endProcess
}

/** Stops and closes what is still there, before the process ends for another reason. */
export async function closeProcessGroups(): Promise<void> {
  end = undefined
  await Promise.allSettled([...groups].map((group) => group.close()))
}
