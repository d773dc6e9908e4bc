/**
 * The process that measures one part, `runPart.ts SUITE PART [--quick]`, started by main.ts. Tells `{ step }` as it goes
 * and `{ measured }` at the end. One process for each part: none inherits memory or compiled code of the one before.
 */
import { partOf } from './suites.ts'

const [suite = '', name = '', mode] = process.argv.slice(2)
// Leaving by `exit` lets streams remove their shared memory.
process.once('SIGINT', () => process.exit(130))
process.once('disconnect', () => process.exit(130))

const measured = await partOf(suite, name).run({
  quick: mode === '--quick',
  step: (label) => process.send!({ step: label })
})
process.send!({ measured }, () => process.exit(0))
