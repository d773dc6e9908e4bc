import { exitWith } from './exitWith.ts'
import { hostServer } from './program.ts'

// Program `host_server`.
exitWith(await hostServer(process.argv.slice(2)))
