import { plainData } from './plainData.ts'
import { sharedMem } from './sharedMem.ts'
import type { TransferMode } from './TransferMode.ts'

const modes = new Map<string, TransferMode>([
  [plainData.name, plainData],
  [sharedMem.name, sharedMem]
])

/** Makes a transfer mode known under its name, in place of an earlier one of that name. Both processes need it. */
export function registerTransferMode(mode: TransferMode): void {
  modes.set(mode.name, mode)
}

/** The names that the parameter `transfermode` may have. */
export function transferModeNames(): readonly string[] {
  return [...modes.keys()]
}

/** @throws {RangeError} when there is no such mode; params that were checked have one. */
export function getTransferMode(name: string): TransferMode {
  const mode = modes.get(name)
  if (!mode) throw new RangeError(`transfer mode '${name}' is none of ${transferModeNames().join(', ')}`)
  return mode
}
