import { exitWith } from './exitWith.ts'
import { main } from './program.ts'

// Program `nodeacq`.
exitWith(await main(process.argv.slice(2)))
