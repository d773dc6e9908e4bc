import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { InputStream, OutputStream } from '@nodeacq/stream'
import type { WireParams } from '@nodeacq/stream'
import { SharedMemError } from '../src/errors.ts'
import { AT, directoryAt, ENTRY, seatAt } from '../src/shm/controlFile.ts'
import { BellPull } from '../src/shm/bell.ts'
import { collect, logged, ramp, rampStart, sendRamp, until } from './streams.ts'

const RING = { shape: [-1, 2], transferMode: 'sharedmem', bufferSize: 1000 } as const

const canMap = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)
if (!canMap) process.stderr.write('control files are not tested: this system is no 64-bit Linux\n')

function controlOf({ params }: OutputStream): string {
  return String((params['nodeacq'] as Record<string, unknown>)['control'])
}

/** Writes what a broken or hostile process might write. */
function poke(path: string, byte: number, bytes: Uint8Array): void {
  const fd = openSync(path, 'r+')
  writeSync(fd, bytes, 0, bytes.length, byte)
  closeSync(fd)
}

const float = (value: number): Uint8Array => new Uint8Array(new Float64Array([value]).buffer)
const int64 = (value: number): Uint8Array => new Uint8Array(new BigInt64Array([BigInt(value)]).buffer)

afterEach(() => {
  delete process.env['NODEACQ_SHARED_MEMORY']
})

async function pair(options = {}, connect = {}) {
  const output = new OutputStream({ ...RING, ...options })
  await output.configure()
  const input = new InputStream()
  await input.connect(output, connect)
  return {
    output,
    input,
    async [Symbol.asyncDispose]() {
      await input.close()
      await output.close()
    }
  }
}

describe.runIf(canMap)('the control file', () => {
  test('is there beside the ring, and goes with the output, as the bell goes with its name', async () => {
    await using s = await pair()
    const path = controlOf(s.output)
    expect(existsSync(path)).toBe(true)
    expect(s.output.status().consumers.length).toBe(1)
    expect(readFileSync(path).toString('latin1', 0, 4)).toBe('nacq')
    await s.output.close()
    expect(existsSync(path)).toBe(false)
  })

  test('no message is sent for a chunk, and all chunks arrive with their bounds', async () => {
    await using s = await pair()
    const reading = collect(s.input.chunks())
    const sizes = Array.from({ length: 100 }, (_, i) => 1 + (i % 7))
    let from = 0
    for (const size of sizes) {
      await s.output.send(ramp(from, size))
      from += size
    }
    await s.output.endRun()
    const chunks = await reading
    expect(chunks.map(({ data }) => data.length)).toEqual(sizes)
    expect(rampStart(chunks.at(-1)!.data)).toBe(from - sizes.at(-1)!)
    // Its subscriptions are those of pyacq's inputs.
    expect(s.output.consumerCount - s.output.status().consumers.length).toBe(0)
  })

  test('without mappings messages tell of chunks, as to pyacq', async () => {
    process.env['NODEACQ_SHARED_MEMORY'] = 'views'
    await using s = await pair()
    expect(controlOf(s.output)).toBe('undefined')
    await sendRamp(s.output, 10, 10)
    await s.output.endRun()
    expect((await collect(s.input.chunks())).length).toBe(10)
  })

  test('an input that cannot map reads what one that can has written', async () => {
    await using output = new OutputStream(RING)
    await output.configure()
    process.env['NODEACQ_SHARED_MEMORY'] = 'files'
    await using input = new InputStream()
    await input.connect(output)
    await sendRamp(output, 10, 10)
    await output.endRun()
    expect((await collect(input.chunks())).map(({ data }) => rampStart(data))).toEqual([
      0, 10, 20, 30, 40, 50, 60, 70, 80, 90
    ])
  })

  test('what is written over before it is read is an overrun, exactly', async () => {
    await using s = await pair({}, { delivery: 'complete' })
    await sendRamp(s.output, 250, 10)
    await s.output.endRun()
    const chunks = await collect(s.input.chunks())
    expect(chunks.length).toBe(100)
    expect(chunks[0]!.gaps).toEqual([{ from: 0, to: 1500, cause: 'overrun', declared: false }])
    expect(s.input.ledger.snapshot()).toMatchObject({ received: 1000, lost: 1500 })
  })

  test('more chunks than the directory has room for are an overrun, exactly', async () => {
    await using s = await pair({ bufferSize: 60 }, { delivery: 'complete' })
    for (let i = 0; i < 500; i++) await s.output.send(ramp(i, 1))
    await s.output.endRun()
    const chunks = await collect(s.input.chunks())
    const { received, lost } = s.input.ledger.snapshot()
    expect(received + lost).toBe(500)
    expect(received).toBe(chunks.length)
    expect(rampStart(chunks.at(-1)!.data)).toBe(499)
  })

  test('borrowed data is where the samples lie, and the next step tells when it was written over', async () => {
    await using s = await pair()
    await s.output.send(ramp(0, 100))
    await s.output.send(ramp(100, 100))
    const chunks = s.input.chunks({ borrow: true })
    const first = (await chunks.next()).value!
    expect(first.data.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(rampStart(first.data)).toBe(0)
    const second = (await chunks.next()).value!
    expect(second.gaps).toEqual([])
    await sendRamp(s.output, 10, 100, 200)
    await s.output.endRun()
    const third = (await chunks.next()).value!
    expect(third.gaps).toEqual([{ from: 100, to: 200, cause: 'torn', declared: false }])
    const rest = await collect(chunks)
    expect(rest.length).toBe(9)
    expect(s.input.ledger.snapshot()).toMatchObject({ received: 1100, lost: 100, torn: 100 })
  })

  test('on a waiting output what is borrowed is not written over', async () => {
    await using s = await pair({ flow: 'wait' })
    const sending = sendRamp(s.output, 100, 100).then(() => s.output.endRun())
    let next = 0
    for await (const { data } of s.input.chunks({ borrow: true })) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      expect(rampStart(data)).toBe(next)
      next += data.length
    }
    await sending
    expect(s.input.ledger.snapshot()).toMatchObject({ received: 10_000, lost: 0 })
  })
})

describe.runIf(canMap)('bad input', () => {
  async function connectTo(change: (own: Record<string, unknown>, params: WireParams) => void): Promise<unknown> {
    await using output = new OutputStream(RING)
    await output.configure()
    const params: WireParams = { ...output.params, nodeacq: { ...(output.params['nodeacq'] as object) } }
    change(params['nodeacq'] as Record<string, unknown>, params)
    await using input = new InputStream()
    return await input.connect(params).catch((error: unknown) => error)
  }

  test('a control file that is not there, too short, or something else is refused', async () => {
    await using other = new OutputStream({ ...RING, bufferSize: 2000 })
    await other.configure()
    const folder = dirname(controlOf(other))
    const garbage = join(folder, `nodeacq-garbage-${process.pid}`)
    const problems: unknown[] = []
    for (const content of [Buffer.alloc(0), Buffer.alloc(5000, 7), readFileSync(controlOf(other)).subarray(0, 5000)]) {
      writeFileSync(garbage, content)
      problems.push(await connectTo((own) => (own['control'] = garbage)))
    }
    problems.push(await connectTo((own) => (own['control'] = '/dev/shm/nowhere')))
    problems.push(await connectTo((own) => (own['control'] = controlOf(other))))
    problems.push(await connectTo((own) => (own['control'] = 'relative')))
    problems.push(await connectTo((_, params) => (params['shm_id'] = '/dev/shm/nowhere')))
    problems.push(await connectTo((_, params) => (params['dtype'] = 'float64')))
    problems.push(await connectTo((_, params) => (params['shape'] = [-1, 3])))
    rmSync(garbage)
    for (const problem of problems) expect(problem).toBeInstanceOf(SharedMemError)
  })

  const seats = 64
  const entry = (field: number): number => 8 * (directoryAt(seats) + field)
  const LIES: readonly [string, number, Uint8Array][] = [
    ['a chunk larger than the ring', entry(ENTRY.count), float(1e9)],
    ['a chunk of no whole number of samples', entry(ENTRY.count), float(1.5)],
    ['a chunk before the beginning', entry(ENTRY.position), float(-50)],
    ['an index that is no number', entry(ENTRY.index), float(Number.NaN)],
    ['a run that is none', entry(ENTRY.run), float(-1)],
    ['chunks that go backwards', 8 * AT.published64, int64(-5)]
  ]
  for (const [what, at, bytes] of LIES) {
    test(`${what} is an error of the reader, and nothing is read out of bounds`, async () => {
      await using s = await pair()
      await s.output.send(ramp(0, 10))
      poke(controlOf(s.output), at, bytes)
      await expect(collect(s.input.chunks())).rejects.toThrow(SharedMemError)
    })
  }

  test('a seat full of nonsense hurts nobody but a waiting output, and that until the lease', async () => {
    await using s = await pair({ flow: 'wait', lease: 300 })
    const reading = collect(s.input.chunks())
    poke(controlOf(s.output), 8 * seatAt(0), int64(-1e9))
    await sendRamp(s.output, 100, 100)
    await s.output.endRun()
    expect((await reading).length).toBe(100)
  })

  test('nothing but a bell of ours is rung', async () => {
    await using s = await pair()
    for (const path of ['/dev/null', '/dev/shm/../null', controlOf(s.output), '/dev/shm/x', '']) {
      expect(() => new BellPull(path)).toThrow(SharedMemError)
    }
  })

  test('an input for which there is no seat is told of chunks by messages', async () => {
    using log = logged()
    await using s = await pair()
    // Sixty-four seats and no more.
    const inputs = await Promise.all(
      Array.from({ length: seats }, async () => {
        const input = new InputStream()
        await input.connect(s.output)
        return input
      })
    )
    await until(() => s.output.consumerCount === seats + 1, 'all of them')
    const all = [...inputs, s.input].map((input) => collect(input.chunks()))
    await sendRamp(s.output, 20, 10)
    await s.output.endRun()
    for (const chunks of await Promise.all(all)) expect(chunks.length).toBe(20)
    for (const input of inputs) await input.close()
    expect(log.messages).toEqual([])
  })
})
