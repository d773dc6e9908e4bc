import { readFileSync } from 'node:fs'
import { FloatValue } from '../../src/serialize/float.ts'
import { parsePythonJson } from '../../src/serialize/parseJson.ts'
import { serializerNamed } from '../../src/serialize/registry.ts'
import type { Serializer, Tree } from '../../src/serialize/Serializer.ts'

/** One message of the recording; `frames_hex` is exact, `opts` and `message` the decoded form. */
export interface Entry {
  label: string
  direction: 'request' | 'response'
  identity: string
  note?: string
  frames_hex: string[]
  req_id?: string
  action?: string
  return_type?: string
  opts?: Tree
  message?: Tree
}

/** The recorded traffic of a real pyacq client and server; integers are exact. */
export function readVectors(serializer: 'msgpack' | 'json'): { entries: Entry[]; serializer: Serializer } {
  const file = new URL(`../fixtures/rpc_${serializer}.json`, import.meta.url)
  const { entries } = parsePythonJson(readFileSync(file, 'utf8')) as unknown as { entries: Entry[] }
  const found = serializerNamed(serializer)
  if (!found) throw new Error(`no serializer ${serializer}`)
  return { entries, serializer: found }
}

/** Plain data in the notation of the recording: bytes as `$bytes_hex`, non-finite floats as `$float`. */
export function notation(tree: Tree): unknown {
  if (typeof tree === 'number' && !Number.isFinite(tree))
    return { $float: Number.isNaN(tree) ? 'nan' : tree > 0 ? 'inf' : '-inf' }
  if (typeof tree === 'bigint') return Number.isSafeInteger(Number(tree)) ? Number(tree) : tree
  if (typeof tree !== 'object' || tree === null) return tree
  if (tree instanceof FloatValue) return tree.value
  if (tree instanceof Uint8Array) return { $bytes_hex: Buffer.from(tree).toString('hex') }
  if (Array.isArray(tree)) return (tree as Tree[]).map(notation)
  return Object.fromEntries(Object.entries(tree).map(([key, value]) => [key, notation(value)]))
}
