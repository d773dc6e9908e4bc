import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempFolder } from 'testing'

test('a folder lives as long as its scope, with everything in it', async () => {
  let path: string
  {
    await using folder = await tempFolder()
    path = folder.path
    await mkdir(join(path, 'a'))
    await writeFile(join(path, 'a', 'b'), '')
  }
  expect(existsSync(path)).toBe(false)
})
