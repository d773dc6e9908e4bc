import { useCompileCache } from './compileCache.ts'
import { exitWith } from './exitWith.ts'

// Program `nodeacq`.
useCompileCache()
const { main } = await import('./program.ts')
exitWith(await main(process.argv.slice(2)))
