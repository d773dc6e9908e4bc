#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { installModuleHooks, RpcServer, runChild } from '@nodeacq/rpc'
import { addChildModule } from './childProcess.ts'
import { setNetworkInterface } from './networkInterface.ts'
import { closeProcessGroups, endWithGroups } from './processGroups.ts'
import { setImportRoots } from './userModules.ts'

/*
 * Main program of every process that nodeacq starts, and of those that a Python ProcessSpawner starts with us as its
 * executable: `[options] -m pyacq.core.rpc.bootstrap [NAME]`.
 */
const argv = process.argv.slice(2)
const own = argv.indexOf('-m') < 0 ? argv.length : argv.indexOf('-m')
const { values } = parseArgs({
  args: argv.slice(0, own),
  options: {
    'import-module': { type: 'string', multiple: true, default: [] },
    'import-root': { type: 'string', multiple: true, default: [] },
    interface: { type: 'string' },
    insecure: { type: 'boolean', default: false },
    advertise: { type: 'string' }
  }
})

installModuleHooks()
if (values.interface !== undefined) setNetworkInterface(values.interface)
if (values['import-root'].length > 0) setImportRoots(values['import-root'])
// Only now, with the hooks in place; it registers the node types of this package.
const { pyacqDialect } = await import('./index.ts')
for (const url of values['import-module']) {
  addChildModule(url)
  await import(url)
}
// After the answer to whoever closed the last group.
endWithGroups(() => setImmediate(() => void RpcServer.current()?.close()))
await runChild({
  argv: argv.slice(own),
  dialect: pyacqDialect,
  insecure: values.insecure,
  ...(values['import-root'].length > 0 && { importRoots: values['import-root'] }),
  ...(values.advertise !== undefined && { advertise: values.advertise }),
  onClosed: closeProcessGroups
})
