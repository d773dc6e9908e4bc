import { defineConfig } from 'vitest/config'
import workspace from '../../vitest.config.ts'

/** The tests with Python peers, one file after the other: they need `NODEACQ_PYTHON`, see run.ts. */
export default defineConfig({
  ...workspace,
  test: {
    ...workspace.test,
    include: ['tools/interop/*.interop.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    fileParallelism: false
  }
})
