#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { runChild } from './spawn/runChild.ts'

/*
 * Main program of a plain nodeacq process: an RPC server and nothing else.
 * `child [--insecure] [--advertise HOST] [--import-root DIR]… -m pyacq.core.rpc.bootstrap [NAME]`
 */
const argv = process.argv.slice(2)
const own = argv.includes('-m') ? argv.indexOf('-m') : argv.length
const { values } = parseArgs({
  args: argv.slice(0, own),
  options: {
    insecure: { type: 'boolean', default: false },
    advertise: { type: 'string' },
    'import-root': { type: 'string', multiple: true }
  }
})

await runChild({
  argv: argv.slice(own),
  insecure: values.insecure,
  advertise: values.advertise,
  importRoots: values['import-root']
})
