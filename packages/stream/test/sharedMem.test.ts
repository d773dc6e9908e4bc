import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { basename, dirname, isAbsolute, join } from 'node:path'
import { NdArray, parseDType, type DTypeLike } from '@nodeacq/ndarray'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChunkError, OverrunError, RingRangeError, SharedMemError, SpecError } from '../src/errors.ts'
import { DEFAULTS, toWireParams, type StreamInfo } from '../src/params.ts'
import { parseWireParams } from '../src/spec.ts'
import { sharedMem } from '../src/transfer/sharedMem.ts'
import type { DecodedChunk, TransferReceiver, TransferSender } from '../src/transfer/TransferMode.ts'
import { attempt, fromHex, readVectors, toHex } from './vectors.ts'

interface SharedMemStep {
  sent: { shape: number[]; dtype: DTypeLike; values: unknown[]; index: number | null }
  frames_hex?: string[]
  real_receiver?: { index: number; strides: number[] }
  error?: string
  file_hex: string
}
interface SharedMemCase {
  name: string
  params: Record<string, unknown>
  initial_file_hex: string
  steps: SharedMemStep[]
  header_after_reset_buffer_index_hex: string
}

const { cases } = readVectors<{ cases: SharedMemCase[] }>('stream_sharedmem.json')

function sentArray({ values, dtype }: SharedMemStep['sent']): NdArray {
  const { fields } = parseDType(dtype)
  if (!fields) return NdArray.from(values, dtype)
  const records = (values as unknown[][]).map((items) => Object.fromEntries(fields.map((f, at) => [f.name, items[at]])))
  return NdArray.from(records, dtype)
}

interface Pair extends Disposable {
  info: StreamInfo
  path: string
  sender: TransferSender
  receiver: TransferReceiver
  /** Sends and receives. */
  pass(data: NdArray, index: number): DecodedChunk
}

function pairOf(params: Record<string, unknown>): Pair {
  const { shm_id: _, ...wire } = params
  const place = { protocol: 'tcp', interface: '127.0.0.1', port: '5000', transfermode: 'sharedmem' }
  const info = parseWireParams({ ...place, ...wire })
  const sender = sharedMem.createSender(info)
  const receiver = sharedMem.createReceiver(parseWireParams(toWireParams({ ...info, ...sender.infoExtras })))
  return {
    info,
    path: sender.infoExtras.shmId!,
    sender,
    receiver,
    pass: (data, index) => receiver.decode(sender.encode(data, index) as Uint8Array[]) as DecodedChunk,
    [Symbol.dispose]() {
      receiver.close()
      sender.close()
    }
  }
}

describe('the bytes of pyacq', () => {
  for (const { name, params, initial_file_hex, steps, header_after_reset_buffer_index_hex } of cases) {
    test(`${name}: file and messages, byte for byte`, () => {
      using pair = pairOf(params)
      const { sender, receiver, path } = pair
      expect(toHex(readFileSync(path))).toBe(initial_file_hex)
      let next = 0
      for (const { sent, frames_hex, real_receiver, error, file_hex } of steps) {
        const data = sentArray(sent)
        const index = sent.index ?? next + data.length
        const passed = attempt(() => {
          const frames = sender.encode(data, index) as Uint8Array[]
          const { data: received, ...decoded } = receiver.decode(frames_hex!.map(fromHex)) as DecodedChunk
          next = index
          const bare = receiver.decode(frames, false) as DecodedChunk
          return { frames: frames.map(toHex), ...decoded, isEqual: received!.equals(data), bare: bare.index }
        })
        const expected = { frames: frames_hex, index, count: data.length, isEqual: true, bare: real_receiver?.index }
        expect(passed).toEqual(error ? ChunkError : expected)
        expect(toHex(readFileSync(path))).toBe(file_hex)
      }
      sender.resetIndex()
      expect(toHex(readFileSync(path).subarray(0, 16))).toBe(header_after_reset_buffer_index_hex)
    })
  }
})

const RING = { dtype: 'int32', shape: [-1, 2], buffer_size: 8 }

function ramp(from: number, count: number): NdArray {
  return NdArray.from(
    Array.from({ length: count }, (_, at) => [from + at, -from - at]),
    'int32'
  )
}

test('the file is where pyacq looks for it, says who made it, and goes with the sender', () => {
  const { path, receiver, sender } = pairOf(RING)
  expect(isAbsolute(path)).toBe(true)
  expect(basename(path)).toMatch(new RegExp(`^pyacq_SharedMem_${process.pid}-\\d+-`))
  sender.close()
  sender.close()
  expect(existsSync(path)).toBe(false)
  receiver.close()
  receiver.close()
})

test('a receiver keeps what it has when the sender is gone', () => {
  using pair = pairOf(RING)
  pair.pass(ramp(0, 4), 4)
  pair.sender.close()
  expect(pair.receiver.ring!.getData(0, 4).equals(ramp(0, 4))).toBe(true)
})

test('a process leaves no file behind, and the file of a killed one goes with the next sender', () => {
  const source = (end: string): string => `
    import { sharedMem } from ${JSON.stringify(new URL('../src/transfer/sharedMem.ts', import.meta.url).href)}
    const info = { ...${JSON.stringify({ ...DEFAULTS, bufferSize: 8 })} }
    console.log(sharedMem.createSender(info).infoExtras.shmId)
    ${end}`
  const run = (end: string): string => {
    const args = ['--conditions=nodeacq-source', '--input-type=module', '--eval', source(end)]
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect(stdout + stderr).toMatch(/^.*pyacq_SharedMem_[^/]*\n$/)
    return stdout.trim()
  }
  expect(existsSync(run('process.exit(3)'))).toBe(false)
  const left = run("process.kill(process.pid, 'SIGKILL')")
  expect(existsSync(left)).toBe(true)
  const foreign = join(dirname(left), 'pyacq_SharedMem_x8c0qz1w')
  writeFileSync(foreign, '')
  using pair = pairOf(RING)
  expect(existsSync(left)).toBe(false)
  expect(existsSync(foreign)).toBe(true)
  expect(existsSync(pair.path)).toBe(true)
  rmSync(foreign)
})

test('samples that are no longer there are an overrun, not wrong data', () => {
  using pair = pairOf(RING)
  const first = pair.sender.encode(ramp(0, 5), 5) as Uint8Array[]
  void pair.sender.encode(ramp(5, 5), 10)
  expect(() => pair.receiver.decode(first)).toThrow(OverrunError)
  expect(pair.receiver.decode(first, false)).toEqual({ index: 5, count: 5, data: null })
  const late = pair.sender.encode(ramp(10, 2), 12) as Uint8Array[]
  pair.sender.resetIndex()
  expect(() => pair.receiver.decode(late)).toThrow(OverrunError)
})

test('a write index that moves on while the samples are read is an overrun', () => {
  using pair = pairOf(RING)
  const message = pair.sender.encode(ramp(0, 8), 8) as Uint8Array[]
  // The writer has announced samples 8 to 11 and not written them: what they replace must not be read any more.
  const fd = openSync(pair.path, 'r+')
  const word = Buffer.alloc(8)
  word.writeBigInt64LE(12n)
  writeSync(fd, word, 0, 8, 8)
  closeSync(fd)
  expect(() => pair.receiver.decode(message)).toThrow(OverrunError)
  expect(pair.receiver.ring!.getData(4, 8).equals(ramp(4, 4))).toBe(true)
  expect(() => pair.receiver.ring!.getData(3, 8)).toThrow(RingRangeError)
})

test('withView shows what lies in one piece, copies what does not, and tells what was overwritten meanwhile', () => {
  using pair = pairOf({ ...RING, double: false, axisorder: [1, 0] })
  pair.pass(ramp(0, 6), 6)
  const { ring } = pair.receiver
  expect(ring!.withView(2, 6, (data) => data.toNested())).toEqual(ramp(2, 4).toNested())
  // Where nothing is mapped, what is shown is a copy, which nobody overwrites.
  const isMapped = process.env['NODEACQ_SHARED_MEMORY'] !== 'files'
  const outcome = (start: number, stop: number, use: () => unknown): unknown =>
    attempt(() => (ring!.withView(start, stop, use), 'whole'))
  expect(outcome(2, 6, () => pair.sender.encode(ramp(6, 5), 11))).toEqual(isMapped ? OverrunError : 'whole')
  expect(ring!.withView(5, 11, (data) => data.toNested())).toEqual(ramp(5, 6).toNested())
  expect(outcome(2, 6, () => 0)).toEqual(RingRangeError)
  const restart = (): void => {
    pair.sender.resetIndex()
    void pair.sender.encode(ramp(0, 8), 8)
  }
  expect(outcome(5, 6, restart)).toEqual(isMapped ? OverrunError : 'whole')
  expect(() => ring!.withView(2, 3, async () => {})).toThrow(TypeError)
})

test('what is closed is refused, and refusing is safe', () => {
  const pair = pairOf(RING)
  const message = pair.sender.encode(ramp(0, 4), 4) as Uint8Array[]
  pair.receiver.close()
  expect(() => pair.receiver.decode(message)).toThrow(SharedMemError)
  expect(() => pair.receiver.ring!.index).toThrow(SharedMemError)
  expect(() => pair.receiver.ring!.withView(0, 4, () => 0)).toThrow(SharedMemError)
  pair.sender.close()
  expect(() => pair.sender.encode(ramp(4, 1), 5)).toThrow(SharedMemError)
})

test('the ring of a receiver reads like a RingBuffer', () => {
  using pair = pairOf({ ...RING, double: true, axisorder: [1, 0], fill: 5 })
  pair.pass(ramp(0, 3), 3)
  const ring = pair.receiver.ring!
  expect([ring.index, ring.firstIndex, ring.double, ring.axisOrder]).toEqual([3, -5, true, [1, 0]])
  expect(ring.getData(-2, 2).toNested()).toEqual([
    [5, 5],
    [5, 5],
    [0, 0],
    [1, -1]
  ])
  expect(ring.slice(-2).toNested()).toEqual([
    [1, -1],
    [2, -2]
  ])
  expect(ring.slice(undefined, 0, -1).toNested()).toEqual([
    [2, -2],
    [1, -1]
  ])
  expect(ring.at(-1).toNested()).toEqual([2, -2])
  expect(ring.getData(0, 3, { join: false }).map((part) => part.length)).toEqual([3, 0])
  expect(() => ring.at(3)).toThrow(RingRangeError)
  expect(() => ring.slice(4)).toThrow(RingRangeError)
})

test('whatever is sent comes back, in any layout', () => {
  const layout = fc.record({ double: fc.boolean(), axisorder: fc.constantFrom(null, [1, 0, 2], [2, 1, 0]) })
  const steps = fc.array(fc.record({ count: fc.nat(7), skip: fc.nat(10) }), { maxLength: 8 })
  fc.assert(
    fc.property(layout, steps, (options, steps) => {
      using pair = pairOf({ dtype: 'int16', shape: [-1, 2, 3], buffer_size: 7, ...options })
      let index = 0
      for (const { count, skip } of steps) {
        index += skip + count
        const values = Int16Array.from({ length: count * 6 }, (_, at) => index * 100 + at)
        const data = NdArray.fromTyped(values, [count, 2, 3])
        expect(pair.pass(data, index).data!.equals(data)).toBe(true)
      }
    }),
    { numRuns: 20 }
  )
})

describe('bad input', () => {
  test('params without a ring are refused by both ends', () => {
    using pair = pairOf(RING)
    const { info, path } = pair
    expect(() => sharedMem.createSender({ ...info, bufferSize: 0 })).toThrow(SpecError)
    expect(() => sharedMem.createReceiver(info)).toThrow(SpecError)
    expect(() => sharedMem.createReceiver({ ...info, shmId: path, bufferSize: 0 })).toThrow(SpecError)
  })

  test('a file that is not there, not of that size, not absolute, or no file, is refused', () => {
    using pair = pairOf(RING)
    const open = (change: Partial<StreamInfo>): unknown =>
      sharedMem.createReceiver({ ...pair.info, shmId: pair.path, ...change } as StreamInfo)
    for (const shmId of ['/nowhere/at/all', 'relative', tmpdir()]) expect(() => open({ shmId })).toThrow(SharedMemError)
    for (const change of [{ bufferSize: 9 }, { double: true }, { dtype: 'int64' }, { shape: [-1, 3] }]) {
      expect(() => open(change)).toThrow(SharedMemError)
    }
  })

  test('a ring that does not fit on the disk is an error when it is made', () => {
    using pair = pairOf(RING)
    // Other processes have rings too.
    const ours = () =>
      readdirSync(dirname(pair.path)).filter((name) => name.startsWith(`pyacq_SharedMem_${process.pid}-`))
    const before = ours()
    expect(before.length).toBeGreaterThan(0)
    expect(() => sharedMem.createSender({ ...pair.info, bufferSize: 2 ** 49 })).toThrow(SharedMemError)
    expect(ours()).toEqual(before)
  })

  test('messages that are none, and positions that cannot be, are refused', () => {
    using pair = pairOf(RING)
    const [message] = pair.sender.encode(ramp(0, 4), 4) as [Uint8Array]
    const lying = (index: bigint, count: bigint): Uint8Array => {
      const bytes = Buffer.alloc(16)
      bytes.writeBigUInt64BE(index, 0)
      bytes.writeBigUInt64BE(count, 8)
      return bytes
    }
    const bad = [
      [],
      [message, message],
      [message.subarray(1)],
      [lying(4n, 5n)],
      [lying(100n, 9n)],
      [lying(1n << 60n, 1n)]
    ]
    for (const frames of bad) expect(() => pair.receiver.decode(frames)).toThrow(ChunkError)
    expect(() => pair.receiver.decode([lying(20n, 4n)])).toThrow(OverrunError)
  })
})
