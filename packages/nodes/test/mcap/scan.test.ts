import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import vectors from '../fixtures/mcap/mcap.json' with { type: 'json' }
import { FileWindow } from '../../src/files/mcap/FileWindow.ts'
import { readBlock } from '../../src/files/mcap/sampleBlock.ts'
import { scanLog } from '../../src/files/mcap/scanLog.ts'

/** Bytes from one that is changed to the next; all of them take a while. */
const STRIDE = process.env['NODEACQ_SOAK'] === '1' ? 1 : 7
const FIXTURES = join(import.meta.dirname, '../fixtures/mcap')

interface Found {
  complete: boolean
  messages: number
  samples: [number, number][]
  damage: [number, number][]
}

async function scan(bytes: Buffer): Promise<Found> {
  const readInto = async (target: Uint8Array, position: number) =>
    void bytes.copy(target, 0, position, position + target.length)
  const found: Found = { complete: false, messages: 0, samples: [], damage: [] }
  for await (const item of scanLog(new FileWindow({ size: bytes.length, readInto }))) {
    if (item.kind === 'damage') found.damage.push([item.from, item.to])
    if (item.kind === 'end') found.complete = item.isClosed && item.problems.length === 0
    if (item.kind !== 'chunk') continue
    found.messages += item.messages.length
    for (const { data } of item.messages) {
      const block = readBlock(data)
      if (block === undefined) continue
      for (let k = 0; k < block.count; k++) expect(block.data.readInt16LE(4 * k)).toBe(block.index + k)
      const last = found.samples.at(-1)
      if (last?.[1] === block.index) last[1] += block.count
      else found.samples.push([block.index, block.index + block.count])
    }
  }
  return found
}

describe('a scan of a log', () => {
  test.each(Object.entries(vectors.damaged))('%s', async (name, expected) => {
    expect(await scan(await readFile(join(FIXTURES, name)))).toEqual(expected)
  })

  test('cut at any byte, it gives all whole chunks and nothing else', async () => {
    const bytes = await readFile(join(FIXTURES, 'clean.mcap'))
    for (let length = bytes.length; length >= 0; length--) {
      const { recovered } = vectors.truncations.find(({ from, to }) => length >= from && length <= to)!
      const { damage: _, ...found } = await scan(bytes.subarray(0, length))
      expect({ length, ...found }).toEqual({ length, ...recovered })
    }
  })

  test('a bit that changed is noticed wherever it is, and no other data comes of it', async () => {
    const bytes = await readFile(join(FIXTURES, 'clean.mcap'))
    for (let at = 0; at < bytes.length; at += STRIDE) {
      bytes[at]! ^= 1 << (at % 8)
      expect({ at, complete: (await scan(bytes)).complete }).toEqual({ at, complete: false })
      bytes[at]! ^= 1 << (at % 8)
    }
  })
})
