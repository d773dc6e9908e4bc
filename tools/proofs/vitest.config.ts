import { defineConfig } from 'vitest/config'
import workspace from '../../vitest.config.ts'

/** Proofs that take long: processes killed over and over, bad networks, browsers, gigabytes. */
export default defineConfig({
  ...workspace,
  test: {
    ...workspace.test,
    include: ['packages/*/proofs/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // What they count depends on time; two at once leave the processes that they start room to run.
    maxWorkers: 2
  }
})
