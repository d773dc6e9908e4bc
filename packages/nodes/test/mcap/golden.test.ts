import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeGolden } from './goldenWriter.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures/mcap')

test('the writer makes the golden file, byte for byte', async () => {
  const pieces: Uint8Array[] = []
  await writeGolden({ append: async (bytes) => void pieces.push(...bytes) })
  expect(Buffer.concat(pieces).toString('hex')).toBe((await readFile(join(FIXTURES, 'clean.mcap'))).toString('hex'))
})
