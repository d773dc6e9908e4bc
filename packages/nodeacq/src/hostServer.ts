import { useCompileCache } from './compileCache.ts'
import { exitWith } from './exitWith.ts'

// Program `host_server`.
useCompileCache()
const { hostServer } = await import('./program.ts')
exitWith(await hostServer(process.argv.slice(2)))
