import type { RecordContract } from './recording/Recordings.ts'

export interface ManagerOptions {
  /** Folders whose modules the groups of the built-in host may import. Default: the working directory. */
  importRoots?: readonly string[]
  /** What stands in the way of a recording now, asked before each start; see `startRecording`. */
  recordContract?: RecordContract
}
