import { expect, test } from 'vitest'
import { importProblem, importsOf, manifestProblems } from './imports.ts'

const source = (folder: string, path = 'src/index.ts') => ({ folder, path: `packages/${folder}/${path}` })

test('imports are found in every form, with their lines', () => {
  const text = `import { a } from 'one'
import type {
  B
} from "two"
import 'three'
export { c } from './four.ts'
const later = await import('five')
const path = import.meta.resolve('six')
`
  expect(importsOf(text)).toEqual([
    { specifier: 'one', line: 1 },
    { specifier: 'two', line: 4 },
    { specifier: 'three', line: 5 },
    { specifier: './four.ts', line: 6 },
    { specifier: 'five', line: 7 },
    { specifier: 'six', line: 8 }
  ])
})

test('examples in comments and text that is no import are left alone', () => {
  const text = `/**
 * \`import { x } from 'comment'\`
 */
// import('comment')
const url = 'http://host/import' // import 'comment'
export const from = 'text'
export const important = from
`
  expect(importsOf(text)).toEqual([])
})

test('packages import what is on their left, by name', () => {
  expect(importProblem(source('core'), '@nodeacq/stream')).toBeUndefined()
  expect(importProblem(source('nodeacq'), '@nodeacq/zmq')).toBeUndefined()
  expect(importProblem(source('stream'), '@nodeacq/core')).toContain('stream may not import core')
  expect(importProblem(source('rpc'), '@nodeacq/stream')).toContain('rpc may not import stream')
  expect(importProblem(source('stream'), '@nodeacq/rpc')).toContain('stream may not import rpc')
  expect(importProblem(source('core'), 'nodeacq')).toContain('core may not import nodeacq')
  expect(importProblem(source('core'), '@nodeacq/elsewhere')).toContain('core may not import elsewhere')
  expect(importProblem(source('rpc'), '@nodeacq/rpc')).toContain('relative path')
})

test('only the index of a package is open, to tests too', () => {
  expect(importProblem(source('core'), '@nodeacq/rpc/src/RpcClient.ts')).toContain('only the index of @nodeacq/rpc')
  expect(importProblem(source('core', 'test/Node.test.ts'), '@nodeacq/rpc/errors')).toContain('only the index')
})

test('relative imports stay in the package', () => {
  expect(importProblem(source('rpc', 'src/proxy/Proxy.ts'), '../errors.ts')).toBeUndefined()
  expect(importProblem(source('rpc'), '../package.json')).toBeUndefined()
  expect(importProblem(source('rpc', 'test/a.test.ts'), '../../zmq/src/index.ts')).toContain('leave the package')
  expect(importProblem({ folder: undefined, path: 'tools/check.ts' }, './imports.ts')).toBeUndefined()
  expect(importProblem({ folder: undefined, path: 'tools/check.ts' }, '../packages/rpc/src/index.ts')).toContain(
    'its name'
  )
})

test('zeromq belongs to zmq, and ndarray does without Node', () => {
  expect(importProblem(source('zmq'), 'zeromq')).toBeUndefined()
  expect(importProblem(source('stream'), 'zeromq')).toContain('only @nodeacq/zmq')
  expect(importProblem(source('ndarray'), 'node:fs')).toContain('no module of Node')
  expect(importProblem(source('ndarray'), 'fs/promises')).toContain('no module of Node')
  expect(importProblem(source('rpc'), 'node:fs')).toBeUndefined()
})

test('tests, testing and tools may import more', () => {
  expect(importProblem(source('ndarray', 'src/parse.test.ts'), 'node:fs')).toBeUndefined()
  expect(importProblem(source('stream', 'test/pair.test.ts'), '@nodeacq/core')).toBeUndefined()
  expect(importProblem(source('stream', 'test/pair.test.ts'), 'testing')).toBeUndefined()
  expect(importProblem(source('stream'), 'testing')).toContain('for tests')
  expect(importProblem(source('testing'), '@nodeacq/stream')).toBeUndefined()
  expect(importProblem({ folder: undefined, path: 'examples/01-first.ts' }, 'nodeacq')).toBeUndefined()
})

test('manifests follow the same direction, and a new package needs a place', () => {
  const manifest = (name: string, ...dependencies: string[]) => ({
    name,
    version: '0.1.0',
    dependencies: Object.fromEntries(dependencies.map((one) => [one, 'workspace:*']))
  })
  expect(manifestProblems({ folder: 'core', manifest: manifest('@nodeacq/core', '@nodeacq/rpc', 'zod') })).toEqual([])
  expect(manifestProblems({ folder: 'rpc', manifest: manifest('@nodeacq/rpc', '@nodeacq/stream') })).toHaveLength(1)
  expect(manifestProblems({ folder: 'rpc', manifest: manifest('@nodeacq/rpc', 'zeromq') })).toHaveLength(1)
  expect(manifestProblems({ folder: 'utils', manifest: manifest('@nodeacq/utils') })[0]).toContain('no place')
})
