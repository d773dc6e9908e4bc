import { dspSuite } from './dsp.ts'
import { lslSuite } from './lsl.ts'
import { rpcSuite } from './rpc.ts'
import { recordSuite } from './record.ts'
import { streamSuite } from './stream.ts'
import type { Part, Suite } from './suite.ts'

/** Everything that `pnpm bench` measures, in this order. */
export const SUITES: readonly Suite[] = [rpcSuite, streamSuite, recordSuite, dspSuite, lslSuite]

/** @throws {Error} when there is none of that name. */
export function partOf(suite: string, name: string): Part {
  const part = SUITES.find((s) => s.name === suite)?.parts.find((p) => p.name === name)
  if (part === undefined) throw new Error(`there is no part ${suite} ${name}`)
  return part
}
