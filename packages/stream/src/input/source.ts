import { StreamStateError } from '../errors.ts'
import { describe } from '../fields.ts'
import type { WireParams } from '../params.ts'

/** Where a stream comes from, as its output says. */
export interface SourceIdentity {
  readonly node?: string
  readonly output?: string
  /** `host/pid`. */
  readonly process?: string
}

/** What stands under `nodeacq` in the params of our own outputs. */
export interface NodeacqParams {
  readonly id: string
  readonly side: string | undefined
  readonly machine: string | undefined
  /** ms without any sign of life after which the output counts a peer as dead, and is counted so itself. */
  readonly lease: number | undefined
  readonly identity: SourceIdentity
}

/** Reads the `nodeacq` key; undefined for a source of pyacq's. */
export function nodeacqParams(own: Readonly<Record<string, unknown>> | null | undefined): NodeacqParams | undefined {
  if (own === undefined || own === null || typeof own['id'] !== 'string') return undefined
  const text = (key: string): string | undefined => (typeof own[key] === 'string' ? own[key] : undefined)
  const node = text('node')
  const output = text('output')
  const process = text('process')
  const identity = {
    ...(node !== undefined && { node }),
    ...(output !== undefined && { output }),
    ...(process !== undefined && { process })
  }
  const lease = typeof own['lease'] === 'number' && own['lease'] > 0 ? own['lease'] : undefined
  return { id: own['id'], side: text('side'), machine: text('machine'), lease, identity }
}

/** A stream, the proxy of one, or the map that describes one. */
export type StreamSource = { readonly params: WireParams | PromiseLike<WireParams> } | WireParams

/** The params of whatever `connect` is given. */
export async function paramsOf(source: StreamSource, subject: string): Promise<WireParams> {
  if ((typeof source !== 'object' && typeof source !== 'function') || source === null) {
    throw new TypeError(`${subject}: expected a stream, the proxy of one, or its params, got ${describe(source)}`)
  }
  const inner: unknown = await source.params
  if (inner === undefined) return source as WireParams
  if (typeof inner !== 'object' || inner === null) {
    throw new StreamStateError(`${subject}: the source has no params: ${describe(inner)}`)
  }
  return inner as WireParams
}
