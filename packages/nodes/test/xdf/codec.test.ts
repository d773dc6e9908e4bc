import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { FileWindow } from '../../src/files/mcap/FileWindow.ts'
import {
  encodeBoundary,
  encodeClockOffset,
  encodeSamples,
  encodeTextSample,
  encodeXmlChunk,
  samplesSize,
  TAG,
  XDF_MAGIC
} from '../../src/files/xdf/chunks.ts'
import { scanXdf, type XdfItem } from '../../src/files/xdf/scanXdf.ts'
import { memorySource } from '../memorySource.ts'
import { vectorsOf } from '../vectors.ts'

interface Golden {
  readonly files: readonly { readonly file: string; readonly chunks: readonly GoldenChunk[] }[]
}

interface GoldenChunk {
  readonly offset: number
  readonly length: number
  readonly chunk?: string
  readonly stream?: number
  readonly xml?: string
  readonly count?: number
  readonly time?: number
  readonly value?: number
}

/** Bytes from one cut, or change, to the next; all of them take a while. */
const STRIDE = process.env['NODEACQ_SOAK'] === '1' ? 1 : 7
const { files } = vectorsOf<Golden>('xdf/xdf.json')
const bytesOf = (name: string): Buffer => readFileSync(fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url)))

/** Whatever a scan finds, copied out of its window. */
async function scan(bytes: Buffer): Promise<XdfItem[]> {
  const items: XdfItem[] = []
  for await (const item of scanXdf(new FileWindow(memorySource(bytes))))
    items.push(item.kind === 'samples' ? { ...item, content: Buffer.from(item.content) } : item)
  return items
}

/** The chunk in bytes of our own making. The text file describes values only where they are regular. */
function encode({ chunk, stream = 0, xml = '', count = 0, time = 0, value = 0 }: GoldenChunk, there: Buffer): Buffer {
  const text = xml.replace('<?xml version="1.0"?>', '')
  if (chunk === 'FileHeader') return encodeXmlChunk(TAG.fileHeader, text)
  if (chunk === 'StreamHeader') return encodeXmlChunk(TAG.streamHeader, text, stream)
  if (chunk === 'StreamFooter') return encodeXmlChunk(TAG.streamFooter, text, stream)
  if (chunk === 'ClockOffset') return encodeClockOffset(stream, time, value)
  if (chunk === 'Boundary') return encodeBoundary()
  if (stream === 2) {
    const at = there.indexOf(8, 2 + 2 + 4 + 5)
    return encodeTextSample(stream, there.readDoubleLE(at + 1), there.toString('utf8', at + 11))
  }
  const start = there.readDoubleLE(there.length - (count * 5 - 1) - 8)
  const first = there.readInt16LE(there.length - (count * 5 - 1))
  const rows = Int16Array.from({ length: 2 * count }, (_, k) => (k % 2 === 0 ? first + k / 2 : -(first + (k - 1) / 2)))
  const target = Buffer.alloc(samplesSize(count, 4))
  encodeSamples(target, { stream, time: start, rows: new Uint8Array(rows.buffer), rowBytes: 4 })
  return target
}

describe('XDF chunks', () => {
  test.each(files.filter(({ file }) => !file.includes('torn')))('$file is made byte for byte', ({ file, chunks }) => {
    const golden = bytesOf(file)
    const [magic, ...rest] = chunks
    expect([magic!.offset, magic!.length]).toEqual([0, XDF_MAGIC.length])
    for (const chunk of rest) {
      const there = golden.subarray(chunk.offset, chunk.offset + chunk.length)
      expect(encode(chunk, there).toString('hex'), `${chunk.chunk} at ${chunk.offset}`).toBe(there.toString('hex'))
    }
  })

  test('a file that is cut anywhere gives the chunks that are whole, and nothing of the next', async () => {
    const golden = bytesOf('xdf/clock_gap.xdf')
    const whole = await scan(golden)
    expect(whole.filter(({ kind }) => kind === 'damage')).toEqual([])
    for (let length = XDF_MAGIC.length; length < golden.length; length += STRIDE) {
      const items = await scan(golden.subarray(0, length))
      const expected = whole.filter(({ to }) => to <= length)
      const rest = items.slice(expected.length)
      expect(items.slice(0, expected.length), `${length} bytes`).toEqual(expected)
      const end = expected.at(-1)?.to ?? XDF_MAGIC.length
      expect(rest.map(({ kind, from, to }) => [kind, from, to])).toEqual(end < length ? [['damage', end, length]] : [])
    }
  }, 30_000)

  test('with any byte changed, every chunk behind the next boundary is there', async () => {
    const golden = bytesOf('xdf/clock_gap.xdf')
    const whole = await scan(golden)
    const boundaries = whole.filter(({ kind }) => kind === 'boundary')
    // Without its header a stream's samples mean nothing, and there is no boundary before the headers end.
    const headersEnd = whole.findLast(({ kind }) => kind === 'streamHeader')!.to
    for (let at = XDF_MAGIC.length; at < golden.length; at += STRIDE) {
      const changed = Buffer.from(golden)
      changed[at]! ^= 1 << (at % 8)
      const items = await scan(changed)
      const safe = boundaries.find(({ from }) => from > at)?.to ?? golden.length
      const behind = (list: readonly XdfItem[]): string[] =>
        list.filter(({ from }) => from >= safe && at >= headersEnd).map(({ kind, from, to }) => `${kind} ${from} ${to}`)
      expect(behind(items), `byte ${at}`).toEqual(behind(whole))
      expect(items.every(({ from, to }) => from < to && to <= golden.length)).toBe(true)
    }
  }, 30_000)
})
