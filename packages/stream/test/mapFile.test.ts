import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { beforeEach, describe, expect, test } from 'vitest'
import { NdArray, parseDType } from '@nodeacq/ndarray'
import { removeAbandonedSharedMemory } from '@nodeacq/stream'
import { SharedMemError } from '../src/errors.ts'
import { RingLayout } from '../src/ringLayout.ts'
import { allocate, mapFile } from '../src/shm/mapFile.ts'
import { createShmFile } from '../src/shm/shmFile.ts'
import { SharedRingWriter } from '../src/transfer/SharedRing.ts'

const PROGRAM = new URL('./programs/mappedFile.ts', import.meta.url)
const SIZE = 100_000

function startProgram(...args: (string | number)[]) {
  return fork(PROGRAM, args.map(String), { execArgv: ['--conditions=nodeacq-source'] })
}

const canMap = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)
if (!canMap) process.stderr.write('files are not mapped: this system is no 64-bit Linux\n')

describe.runIf(canMap).each(['shared', 'views'])('mapped as %s', (way) => {
  beforeEach(() => {
    process.env['NODEACQ_SHARED_MEMORY'] = way
  })

  const mapped = () => {
    const file = createShmFile(SIZE)
    const mapping = mapFile(file.fd, SIZE, { writable: true })!
    const close = (): void => {
      mapping.close()
      file.close()
    }
    return { file, mapping, [Symbol.dispose]: close }
  }

  test('what is written here is in the file, and the other way round', () => {
    using at = mapped()
    const bytes = new Uint8Array(at.mapping.buffer)
    expect(at.mapping.buffer instanceof SharedArrayBuffer).toBe(way === 'shared')
    bytes[SIZE - 1] = 7
    expect(readFileSync(at.file.path).at(-1)).toBe(7)
    writeFileSync(at.file.path, Buffer.from([1, 2, 3]), { flag: 'r+' })
    expect([...bytes.subarray(0, 4)]).toEqual([1, 2, 3, 0])
  })

  test('two processes count together exactly', async () => {
    using at = mapped()
    const words = new BigInt64Array(at.mapping.buffer, 0, 2)
    const count = 200_000
    const others = [0, 1].map(() => startProgram('add', at.file.path, SIZE, count))
    const exits = await Promise.all(others.map((other) => once(other, 'exit')))
    expect(exits.map(([code]) => code as number)).toEqual([0, 0])
    expect(words[0]).toBe(BigInt(2 * count))
  })

  test('after close there is nothing to reach any more, and reaching for it is safe', () => {
    using at = mapped()
    const bytes = new Uint8Array(at.mapping.buffer)
    bytes.fill(9)
    at.mapping.close()
    at.mapping.close()
    expect(bytes[0]).toBe(way === 'shared' ? 0 : undefined)
    bytes[0] = 5
    expect(readFileSync(at.file.path)[0]).toBe(9)
  })

  test('a hundred mappings come and go', () => {
    using at = mapped()
    for (let i = 0; i < 100; i++) {
      const mapping = mapFile(at.file.fd, SIZE, { writable: true })!
      new Uint8Array(mapping.buffer)[i] = i
      mapping.close()
    }
    expect(readFileSync(at.file.path).subarray(0, 100)).toEqual(Buffer.from(Array.from({ length: 100 }, (_, i) => i)))
  })

  test('a descriptor that cannot be mapped is no mapping', () => {
    const fd = openSync(process.execPath, 'r')
    closeSync(fd)
    expect(mapFile(fd, SIZE, { writable: false })).toBeUndefined()
  })

  for (const layout of ['double', 'single']) {
    test(`a reader in another process never sees wrong samples: ${layout}`, async () => {
      const ring = new RingLayout([96, 64], parseDType('float64'), { double: layout === 'double' })
      const writer = new SharedRingWriter(ring)
      const reader = startProgram(layout, writer.path, 96, 60_000)
      await once(reader, 'message')
      const seen = once(reader, 'message')
      const values = new Float64Array(24 * 64)
      for (let sample = 0; sample < 60_000; sample += 24) {
        for (let at = 0; at < values.length; at++) values[at] = sample + Math.floor(at / 64)
        writer.write(NdArray.fromTyped(values, [24, 64]), sample + 24)
      }
      const [found] = (await seen) as [{ whole: number; viewed: number; overruns: number; wrong: number }]
      writer.close()
      process.stdout.write(`${way}, ${layout}: ${JSON.stringify(found)}\n`)
      expect(found.wrong).toBe(0)
      await once(reader, 'exit')
    })
  }
})

test.runIf(canMap)('a worker has the same memory', async () => {
  delete process.env['NODEACQ_SHARED_MEMORY']
  const file = createShmFile(SIZE)
  const mapping = mapFile(file.fd, SIZE, { writable: true })!
  const words = new Int32Array(mapping.buffer)
  const source = `
    const { workerData: words } = require('node:worker_threads')
    Atomics.wait(words, 0, 0)
    Atomics.store(words, 1, Atomics.load(words, 0) + 1)
    Atomics.notify(words, 1)`
  const worker = new Worker(source, { eval: true, workerData: words })
  const ended = once(worker, 'exit')
  Atomics.store(words, 0, 41)
  Atomics.notify(words, 0)
  await ended
  expect(words[1]).toBe(42)
  expect(readFileSync(file.path).readInt32LE(4)).toBe(42)
  mapping.close()
  file.close()
})

test.runIf(canMap)('a file gets all of its room at once, or none', () => {
  const file = createShmFile(SIZE)
  expect(readFileSync(file.path).length).toBe(SIZE)
  // Far more than any memory has, so that nothing is filled.
  expect(() => allocate(file.fd, 2 ** 45, file.path)).toThrow(SharedMemError)
  file.close()
  expect(() => createShmFile(2 ** 45)).toThrow(/at most the \d+ bytes that are free, got a ring of 35184372088832/)
})

test('memory of processes that are gone is removed when asked for', () => {
  const file = createShmFile(SIZE)
  const abandoned = join(
    dirname(file.path),
    file.path
      .split('/')
      .at(-1)!
      .replace(/\d+-\d+/, '999999999-1')
  )
  writeFileSync(abandoned, '')
  removeAbandonedSharedMemory()
  expect(existsSync(abandoned)).toBe(false)
  expect(readdirSync(dirname(file.path)).some((name) => file.path.endsWith(name))).toBe(true)
  file.close()
})
