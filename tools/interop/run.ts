/** Runs the tests with Python peers, with an interpreter that has their packages; closes with the counts. */
import { ensurePython } from '../python.ts'
import { runSuite } from '../runSuite.ts'

await runSuite('interop', { NODEACQ_PYTHON: await ensurePython() })
