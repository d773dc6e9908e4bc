import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const conditions = ['nodeacq-source', 'node', 'import', 'module', 'default']
const report = process.env['NODEACQ_TEST_REPORT']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'packages/*/test/**/*.test.ts', 'tools/**/*.test.ts'],
    globalSetup: ['packages/testing/src/globalSetup.ts'],
    setupFiles: ['packages/testing/src/propertySeed.ts'],
    pool: 'forks',
    // Most tests wait for other processes; vitest leaves one core to itself, which is half of a small machine.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 20_000,
    hookTimeout: 20_000,
    execArgv: ['--conditions=nodeacq-source'],
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]]
  }
})
