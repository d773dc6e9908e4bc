import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startProcess, tempFolder } from 'testing'
import { expect, test } from 'vitest'

const program = new URL('./fixtures/importUserModule.ts', import.meta.url)
const user = `
  import { ZmqSocket } from '@nodeacq/zmq'
  const typed: typeof ZmqSocket = ZmqSocket
  export { typed as ZmqSocket }
  export const umbrella = import.meta.resolve('nodeacq')
  export const core = import.meta.resolve('@nodeacq/core')
`

test('a module outside any package gets the copy of our packages that the program uses', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'user.ts')
  await writeFile(file, user)
  await using child = await startProcess(program, [file])
  expect(JSON.parse(await child.line('{'))).toEqual({
    same: true,
    umbrella: new URL('../../nodeacq/src/index.ts', import.meta.url).href,
    core: new URL('../../core/src/index.ts', import.meta.url).href
  })
})

test('a copy that lies beside the module is passed over', async () => {
  await using folder = await tempFolder()
  const copy = join(folder.path, 'node_modules', '@nodeacq', 'zmq')
  await mkdir(copy, { recursive: true })
  await writeFile(join(copy, 'package.json'), '{ "name": "@nodeacq/zmq", "main": "index.cjs" }')
  await writeFile(join(copy, 'index.cjs'), 'exports.ZmqSocket = class {}')
  const file = join(folder.path, 'user.cjs')
  await writeFile(file, `exports.ZmqSocket = require('@nodeacq/zmq').ZmqSocket`)
  await using child = await startProcess(program, [file])
  expect(JSON.parse(await child.line('{'))).toMatchObject({ same: true })
})

test('what is not there is the usual error, seen from the module', async () => {
  await using folder = await tempFolder()
  const file = join(folder.path, 'user.mjs')
  await writeFile(file, `import '@nodeacq/no-such-package'`)
  await using child = await startProcess(program, [file])
  expect(await child.exited).toMatchObject({ code: 1 })
  expect(child.errorLines.join('\n')).toContain('ERR_MODULE_NOT_FOUND')
  expect(child.errorLines.join('\n')).toContain('user.mjs')
})
