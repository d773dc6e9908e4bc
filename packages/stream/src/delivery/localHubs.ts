import type { Hub } from './Hub.ts'

/** Outputs of protocol `inproc`, by the name of their pipe: inputs of this process reach them without zeromq. */
const hubs = new Map<string, Hub>()

export function publishLocally(pipe: string, hub: Hub): void {
  hubs.set(pipe, hub)
}

export function localHub(pipe: string): Hub | undefined {
  return hubs.get(pipe)
}

export function withdrawLocally(pipe: string): void {
  hubs.delete(pipe)
}
