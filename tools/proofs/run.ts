/** Runs the proofs, `packages/<package>/proofs`; closes with the counts. */
import { runSuite } from '../runSuite.ts'

await runSuite('proofs')
