import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { RingThreadReader, SharedMemError } from '@nodeacq/stream'
import type { RingHandle } from '@nodeacq/stream'
import { ramp, rampStart, sendRamp, streamPair } from './streams.ts'

const RING = { transferMode: 'sharedmem', bufferSize: 100_000 } as const
const PROGRAM = new URL('./programs/ringWorker.ts', import.meta.url)
const canMap = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)
if (!canMap) process.stderr.write('rings are not given to workers: this system is no 64-bit Linux\n')

describe.runIf(canMap)('a shared ring in another thread', () => {
  test('a worker reads what the main thread sends, in order and right', async () => {
    await using pair = await streamPair(RING)
    const workerData = { handle: pair.input.ring, samples: 50_000 }
    const worker = new Worker(PROGRAM, {
      workerData,
      execArgv: ['--conditions=nodeacq-source']
    })
    const exited = once(worker, 'exit')
    await once(worker, 'message')
    const told = once(worker, 'message')
    await sendRamp(pair.output, 1000, 50)
    const [seen] = (await told) as [Record<string, number>]
    expect(seen).toMatchObject({ wrong: 0, torn: 0, missing: 0, chunks: 1000, samples: 50_000, end: 50_000 })
    await exited
  })

  test('what was written over shows in the numbers, and a reader may go back as far as the ring does', async () => {
    await using pair = await streamPair({ ...RING, bufferSize: 100 })
    const reader = new RingThreadReader(pair.input.ring!)
    expect(reader.take()).toBeUndefined()
    await sendRamp(pair.output, 30, 10)
    const first = reader.take()!
    expect([first.number, first.index, rampStart(first.data)]).toEqual([20, 210, 200])
    reader.next = 0
    expect(reader.take()!.number).toBe(20)
    const tearing = (): unknown => reader.withNext(() => void pair.output.send(ramp(300, 100)))
    expect(tearing).toThrow('overwritten while')
  })

  test('a ring of something else, and one that is closed, are refused', async () => {
    await using pair = await streamPair(RING)
    const handle = pair.input.ring as RingHandle
    const reader = new RingThreadReader(handle)
    const lies: Partial<RingHandle>[] = [
      { shape: [100_001, 2] },
      { shape: [100_000, 20] },
      { control: new SharedArrayBuffer(100_000) },
      { samples: new SharedArrayBuffer(16) }
    ]
    for (const lie of lies) expect(() => new RingThreadReader({ ...handle, ...lie })).toThrow(SharedMemError)
    await pair.output.send(ramp(0, 10))
    expect(reader.take()!.index).toBe(10)
    await pair.input.close()
    expect(() => reader.take()).toThrow(SharedMemError)
    expect(() => new RingThreadReader(handle)).toThrow(SharedMemError)
    expect(pair.input.ring).toBeUndefined()
  })
})
