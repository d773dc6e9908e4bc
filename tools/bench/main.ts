/**
 * `pnpm bench [rpc|stream …] [--json FILE] [--quick]`: speeds, each beside a peer measured in the same run.
 */
import { parseArgs } from 'node:util'
import { printTable, writeJson, type Row } from './rows.ts'
import { rpcSuite } from './rpc.ts'
import { streamSuite } from './stream.ts'

const SUITES = { rpc: rpcSuite, stream: streamSuite } as const

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false }
  }
})
const unknown = positionals.filter((name) => !(name in SUITES))
if (values.help || unknown.length > 0) {
  if (unknown.length > 0) console.error(`unknown suite ${unknown.join(', ')}`)
  console.log(`usage: pnpm bench [${Object.keys(SUITES).join('|')} …] [--json FILE] [--quick]`)
  process.exit(unknown.length > 0 ? 2 : 0)
}

const rows: Row[] = []
for (const name of positionals.length > 0 ? positionals : Object.keys(SUITES)) {
  console.error(`${name} …`)
  rows.push(...(await SUITES[name as keyof typeof SUITES]({ quick: values.quick })))
}
printTable(rows)
if (values.json !== undefined) writeJson(values.json, rows)
