import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
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
    // Most tests wait for other processes.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    testTimeout: 20_000,
    hookTimeout: 20_000,
    execArgv: ['--conditions=nodeacq-source'],
    // Processes that tests start find their modules compiled, which is half of their start.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('.cache/compile', import.meta.url)) },
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]]
  }
})
