import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startCommand, tempFolder } from 'testing'
import { expect, test } from 'vitest'

const FOLDER = fileURLToPath(new URL('../../wasm/', import.meta.url))
const MODULE = fileURLToPath(new URL('../../src/dsp/kernels/wasm/kernels.wasm', import.meta.url))
const SOURCES = ['lanes.h', 'block.c', 'sos.c', 'fir.c', 'mix.c', 'fft.c', 'build.sh']

const [builtBy, sourceHash, moduleHash] = (await readFile(join(FOLDER, 'built.txt'), 'utf8')).trim().split('\n')

async function clangVersion(): Promise<string | undefined> {
  try {
    await using clang = await startCommand('clang', ['--version'])
    await clang.exited
    return clang.lines[0]
  } catch {
    return undefined
  }
}

test('the committed module was built from the sources as they are', async () => {
  const sources = await Promise.all(SOURCES.map((name) => readFile(join(FOLDER, name))))
  expect(sha256(Buffer.concat(sources)), 'run packages/nodes/wasm/build.sh').toBe(sourceHash)
  expect(sha256(await readFile(MODULE)), 'run packages/nodes/wasm/build.sh').toBe(moduleHash)
})

test('building it again gives the same bytes', async ({ skip }) => {
  const here = await clangVersion()
  if (here !== builtBy) skip(`it was built by ${builtBy}; here is ${here ?? 'no clang'}`)
  await using folder = await tempFolder()
  const output = join(folder.path, 'kernels.wasm')
  await using build = await startCommand('sh', [join(FOLDER, 'build.sh'), output])
  expect(await build.exited).toEqual({ code: 0, signal: null })
  expect((await readFile(output)).equals(await readFile(MODULE))).toBe(true)
})

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
