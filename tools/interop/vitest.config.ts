import { defineConfig, mergeConfig } from 'vitest/config'
import workspace from '../../vitest.config.ts'

/** The tests with Python peers: they need `NODEACQ_PYTHON`, an interpreter with the packages of requirements.txt. */
export default mergeConfig(
  workspace,
  defineConfig({ test: { testTimeout: 120_000, hookTimeout: 60_000, fileParallelism: false } }),
  false
)
