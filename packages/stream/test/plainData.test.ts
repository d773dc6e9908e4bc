import { NdArray, parseDType, type DTypeLike } from '@nodeacq/ndarray'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { COMPRESSIONS } from '../src/compression.ts'
import { ChunkError } from '../src/errors.ts'
import { parseWireParams } from '../src/spec.ts'
import { plainData } from '../src/transfer/plainData.ts'
import type { DecodedChunk } from '../src/transfer/TransferMode.ts'
import { arrayOf, attempt, fromHex, readVectors, toHex, type ChunkVector, type PlainDataCase } from './vectors.ts'

const { cases } = readVectors<{ cases: PlainDataCase[] }>('stream_plaindata.json')
const compressed = readVectors<{ cases: PlainDataCase[] }>('stream_plaindata_blosc.json')

/** The dtype that was sent; one vector sends a field of the stream's structure. */
function sentDType(chunk: ChunkVector, dtype: DTypeLike): DTypeLike {
  return 'error' in chunk.real_receiver ? 'int64' : dtype
}

/** False for the vector whose index no JavaScript number holds. */
function isCountable(chunk: ChunkVector): boolean {
  return Number.isSafeInteger(Number(chunk.header.index))
}

function sentArray(chunk: ChunkVector, dtype: DTypeLike): NdArray {
  const layout = { shape: chunk.header.shape, strides: chunk.sent_strides }
  return arrayOf(chunk.values, sentDType(chunk, dtype), layout)
}

function streamOf(dtype: DTypeLike, more: Record<string, unknown> = {}): Parameters<typeof plainData.createSender>[0] {
  const place = { protocol: 'tcp', interface: '127.0.0.1', port: '5000', transfermode: 'plaindata' }
  return parseWireParams({ ...place, dtype, shape: [-1, 1], ...more })
}

function encode(data: NdArray, index = data.length): Uint8Array[] {
  return plainData.createSender(streamOf(data.dtype.toWire())).encode(data, index) as Uint8Array[]
}

describe('the bytes of pyacq', () => {
  for (const { name, params, chunks } of cases) {
    const info = parseWireParams(params)

    test(`${name}: sent byte for byte`, () => {
      const sender = plainData.createSender(info)
      for (const chunk of chunks.filter(isCountable)) {
        const frames = sender.encode(sentArray(chunk, info.dtype), Number(chunk.header.index)) as Uint8Array[]
        expect(frames.map(toHex)).toEqual(chunk.frames_hex)
      }
      for (const chunk of chunks.filter((own) => !isCountable(own))) {
        // No JavaScript number is above 2^53 and exact, so only the rest of the header can be compared.
        expect(() => sender.encode(sentArray(chunk, info.dtype), Number(chunk.header.index))).toThrow(ChunkError)
        const frames = sender.encode(sentArray(chunk, info.dtype), 1) as Uint8Array[]
        const expected = fromHex(chunk.frames_hex[0]!)
        expected.writeBigUInt64BE(1n, 8)
        expect(frames.map(toHex)).toEqual([toHex(expected), chunk.frames_hex[1]])
      }
    })

    test(`${name}: received as pyacq receives it`, () => {
      const receiver = plainData.createReceiver(info)
      for (const chunk of chunks) {
        const real = chunk.real_receiver
        const received = attempt(() => {
          const frames = chunk.frames_hex.map(fromHex)
          const { index, count, data } = receiver.decode(frames) as DecodedChunk
          const bare = receiver.decode(frames, false) as DecodedChunk
          return { index, count, strides: data!.strides, equal: data!.equals(sentArray(chunk, info.dtype)), bare }
        })
        const count = chunk.header.shape[0]
        const expected =
          'error' in real || !isCountable(chunk)
            ? ChunkError
            : {
                index: real.index,
                count,
                strides: real.strides,
                equal: true,
                bare: { index: real.index, count, data: null }
              }
        expect(received).toEqual(expected)
      }
    })
  }

  for (const { name, params, chunks } of compressed.cases) {
    const info = parseWireParams(params)

    test(`${name}: compressed data of pyacq is read, and ours comes back`, async () => {
      const receiver = plainData.createReceiver(info)
      const sender = plainData.createSender(info)
      for (const chunk of chunks) {
        const { index, data } = await receiver.decode(chunk.frames_hex.map(fromHex))
        expect(index).toBe(chunk.header.index)
        expect(data!.strides).toEqual(chunk.header.strides)
        // Of the images only the message is in the file.
        const values = chunk.values === undefined ? data! : sentArray(chunk, info.dtype)
        expect(data!.equals(values)).toBe(true)
        const [header, container] = (await sender.encode(data!, index)) as [Uint8Array, Uint8Array]
        expect(toHex(header)).toBe(chunk.frames_hex[0])
        const again = await receiver.decode([header, container])
        expect(again.data!.equals(data!)).toBe(true)
      }
    })
  }
})

test('a chunk that fills its memory goes out without a copy, others do not alias it', () => {
  const block = NdArray.from([
    [1, 2],
    [3, 4]
  ])
  expect(encode(block)[1]!.buffer).toBe(block.buffer)
  expect(encode(block.flip(0))[1]!.buffer).toBe(block.buffer)
  expect(encode(block.transpose())[1]!.buffer).toBe(block.buffer)
  expect(encode(block.slice(0, 2, 2))[1]!.buffer).not.toBe(block.buffer)
})

test('messages that wait together have each their own header', () => {
  const sender = plainData.createSender(streamOf('int16'))
  const chunk = NdArray.zeros([4, 2], 'int16')
  const first = sender.encode(chunk, 4) as Uint8Array[]
  const second = sender.encode(chunk, 8) as Uint8Array[]
  const receiver = plainData.createReceiver(streamOf('int16'))
  expect((receiver.decode(first) as DecodedChunk).index).toBe(4)
  expect((receiver.decode(second) as DecodedChunk).index).toBe(8)
})

test('a header follows the chunk when shape, strides or item size change', () => {
  const sender = plainData.createSender(streamOf('int16'))
  const wide = NdArray.zeros([4, 2], 'int16')
  for (const chunk of [wide, wide.slice(0, 3), wide.flip(0), NdArray.zeros([4, 2], 'int32'), wide]) {
    expect((sender.encode(chunk, 10) as Uint8Array[]).map(toHex)).toEqual(encode(chunk, 10).map(toHex))
  }
})

test('any layout comes back as it was sent', () => {
  const lengths = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 })
  const dtypes = fc.constantFrom('uint8', 'int16', '>f4', 'float64', "[('a', 'u1'), ('b', '<i4')]")
  const build = fc.record({ lengths, dtype: dtypes, seed: fc.integer(), index: fc.maxSafeNat() })
  const views = fc.array(fc.tuple(fc.nat(3), fc.constantFrom('flip', 'transpose', 'step', 'cut')), { maxLength: 4 })
  fc.assert(
    fc.property(build, views, ({ lengths, dtype, seed, index }, views) => {
      const size = lengths.reduce((total, length) => total * length, parseDType(dtype).itemSize)
      const bytes = Uint8Array.from({ length: size }, (_, at) => (at * 7 + seed) & 0x3f)
      let data = NdArray.fromBuffer(bytes, { dtype, shape: lengths })
      for (const [axis, view] of views) {
        if (view === 'flip') data = data.flip(axis % data.ndim)
        else if (view === 'transpose') data = data.transpose()
        else if (view === 'step') data = data.slice(undefined, undefined, 2)
        else data = data.slice(1)
      }
      const info = streamOf(data.dtype.toWire())
      const frames = plainData.createSender(info).encode(data, index) as Uint8Array[]
      const decoded = plainData.createReceiver(info).decode(frames) as DecodedChunk
      expect(decoded.index).toBe(index)
      expect(decoded.data!.equals(data)).toBe(true)
    })
  )
})

describe('bad input', () => {
  const info = streamOf('int16')
  const good = encode(NdArray.zeros([4, 2], 'int16'))
  const decode = (...frames: Uint8Array[]): unknown => plainData.createReceiver(info).decode(frames)
  const patched = (at: number, value: bigint): Uint8Array => {
    const header = Buffer.from(good[0]!)
    header.writeBigInt64BE(value, at)
    return header
  }

  test.each([
    ['no frame', []],
    ['one frame', [good[0]!]],
    ['three frames', [...good, good[1]!]],
    ['an empty header', [new Uint8Array(0), good[1]!]],
    ['a short header', [good[0]!.subarray(0, 40), good[1]!]],
    ['a long header', [Buffer.concat([good[0]!, Buffer.alloc(8)]), good[1]!]],
    ['no axes', [patched(0, 0n), good[1]!]],
    ['a billion axes', [patched(0, 1_000_000_000n), good[1]!]],
    ['an index above 2^53', [patched(8, 1n << 60n), good[1]!]],
    ['an offset outside', [patched(16, 2n), good[1]!]],
    ['a huge offset', [patched(16, -1n), good[1]!]],
    ['too many samples', [patched(24, 5n), good[1]!]],
    ['more samples than a number holds', [patched(24, -1n), good[1]!]],
    ['a stride that leaves the block', [patched(40, 6n), good[1]!]],
    ['a negative stride that leaves it', [patched(40, -4n), good[1]!]],
    ['a stride that overflows', [patched(40, 1n << 62n), good[1]!]],
    ['a block that is too short', [good[0]!, good[1]!.subarray(2)]],
    ['a block that is too long', [good[0]!, Buffer.concat([good[1]!, Buffer.alloc(2)])]]
  ])('%s is refused', (_, frames) => {
    expect(() => decode(...frames)).toThrow(ChunkError)
  })

  test('random frames are refused or read within their bytes', () => {
    const word = fc.oneof(fc.bigInt({ min: -16n, max: 16n }), fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }))
    fc.assert(
      fc.property(fc.array(word, { maxLength: 9 }), fc.nat(64), (words, size) => {
        const header = Buffer.alloc(words.length * 8)
        for (const [at, value] of words.entries()) header.writeBigInt64BE(value, at * 8)
        if (header.length >= 8) header.writeBigUInt64BE(BigInt(Math.max(0, (words.length - 3) >> 1)), 0)
        const outcome = attempt(() => {
          const { data } = plainData.createReceiver(info).decode([header, new Uint8Array(size)]) as DecodedChunk
          return Array.isArray(data!.toNested())
        })
        expect([ChunkError, true]).toContain(outcome)
      })
    )
  })

  test('a chunk without axes and an index that is none are not sent', () => {
    const sender = plainData.createSender(info)
    expect(() => sender.encode(NdArray.fromBuffer(new Int16Array(1), { dtype: 'int16', shape: [] }), 1)).toThrow(
      ChunkError
    )
    for (const index of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => sender.encode(NdArray.zeros([1, 2], 'int16'), index)).toThrow(ChunkError)
    }
  })

  test('a container that is no blosc, or of another size, is refused', async () => {
    const stream = streamOf('int16', { compression: 'blosc-lz4' })
    const frames = await plainData.createSender(stream).encode(NdArray.zeros([400, 2], 'int16'), 400)
    const [header, container] = frames as [Uint8Array, Uint8Array]
    const receiver = plainData.createReceiver(stream)
    const lying = Buffer.from(container)
    lying.writeUInt32LE(4, 4)
    const broken = Buffer.from(container)
    broken.fill(0xff, 16)
    for (const bad of [new Uint8Array(0), container.subarray(0, 15), container.subarray(0, 20), lying, broken]) {
      await expect(receiver.decode([header, bad])).rejects.toThrow(ChunkError)
    }
    await expect(receiver.decode([header, container])).resolves.toMatchObject({ index: 400 })
  })
})

test.each(COMPRESSIONS.filter((method) => method !== ''))(
  '%s: long, short and empty chunks come back',
  async (compression) => {
    const info = streamOf('float32', { compression })
    for (const samples of [0, 1, 300, 100_000]) {
      const data = NdArray.fromTyped(
        Float32Array.from({ length: samples }, (_, at) => Math.sin(at / 9)),
        [samples, 1]
      )
      const frames = await plainData.createSender(info).encode(data, samples)
      const decoded = await plainData.createReceiver(info).decode(frames)
      expect(decoded.data!.equals(data)).toBe(true)
    }
  }
)

test('compressed chunks may be overwritten as soon as encode returns', async () => {
  const stream = streamOf('int16', { compression: 'blosc-lz4' })
  const sender = plainData.createSender(stream)
  const chunk = NdArray.from([[1], [2], [3]], 'int16')
  const pending = sender.encode(chunk, 3)
  chunk.fill(9)
  expect(sender.copies).toBe(true)
  const { data } = await plainData.createReceiver(stream).decode(await pending)
  expect(data!.toNested()).toEqual([[1], [2], [3]])
})
