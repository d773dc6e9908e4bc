import { describe, expect, test } from 'vitest'
import type { Delivery, InputStream, OutputOptions } from '@nodeacq/stream'
import { collect, ramp, rampStart, sendRamp, streamPair } from './streams.ts'

const MODES: Record<string, OutputOptions> = {
  plaindata: { transferMode: 'plaindata' },
  'plaindata, blosc-lz4': { transferMode: 'plaindata', compression: 'blosc-lz4' },
  sharedmem: { transferMode: 'sharedmem', bufferSize: 10_000 },
  'sharedmem, double, channel-major': { transferMode: 'sharedmem', bufferSize: 10_000, double: true, axisOrder: [1, 0] }
}
const LOSSLESS: readonly Delivery[] = ['bestEffort', 'complete']

for (const protocol of ['tcp', 'ipc', 'inproc'] as const) {
  for (const [name, mode] of Object.entries(MODES)) {
    describe(`${protocol}, ${name}`, () => {
      const options = { ...mode, protocol }

      test.for(LOSSLESS)(
        '%s: every chunk arrives once, in order, from sample 0 to the end of the run',
        async (delivery) => {
          await using pair = await streamPair(options, { delivery })
          pair.output.startRun()
          const reading = collect(pair.input.chunks())
          await sendRamp(pair.output, 50, 10)
          await pair.output.endRun()
          const chunks = await reading
          expect(chunks.map(({ index }) => index)).toEqual(Array.from({ length: 50 }, (_, i) => (i + 1) * 10))
          expect(chunks.map(({ data }) => rampStart(data))).toEqual(Array.from({ length: 50 }, (_, i) => i * 10))
          expect(chunks.every(({ run, gaps }) => run === 1 && gaps.length === 0)).toBe(true)
          expect(pair.input.hasEnded).toBe(true)
          expect(pair.input.ledger.snapshot()).toMatchObject({ run: 1, received: 500, lost: 0, joinedAt: 0, next: 500 })
        }
      )

      test.for(LOSSLESS)('%s: what was sent before reading began is there', async (delivery) => {
        await using pair = await streamPair(options, { delivery })
        await sendRamp(pair.output, 20, 5)
        await pair.output.endRun()
        expect((await collect(pair.input.chunks())).map(({ index }) => index)).toEqual(
          Array.from({ length: 20 }, (_, i) => (i + 1) * 5)
        )
      })

      test.for(LOSSLESS)('%s: each start is a run of its own, whose index begins at 0', async (delivery) => {
        await using pair = await streamPair(options, { delivery })
        for (let run = 1; run <= 3; run++) {
          pair.input.startRun()
          pair.output.startRun()
          const reading = collect(pair.input.chunks())
          await sendRamp(pair.output, run, 10)
          await pair.output.endRun()
          expect((await reading).map((chunk) => [chunk.run, chunk.index])).toEqual(
            Array.from({ length: run }, (_, i) => [run, (i + 1) * 10])
          )
        }
      })

      test.for(LOSSLESS)('%s: a hole of the source is declared and is no loss', async (delivery) => {
        await using pair = await streamPair(options, { delivery })
        const reading = collect(pair.input.chunks())
        await pair.output.send(ramp(0, 10))
        await pair.output.send(ramp(15, 10), 25)
        pair.output.skip({ from: 25, to: 30, cause: 'device' })
        await pair.output.send(ramp(30, 10))
        pair.output.skip({ from: 40, to: 44, cause: 'device' })
        await pair.output.endRun()
        const chunks = await reading
        expect(chunks.map(({ index, gaps }) => [index, gaps])).toEqual([
          [10, []],
          [25, [{ from: 10, to: 15, cause: 'device', declared: true }]],
          [40, [{ from: 25, to: 30, cause: 'device', declared: true }]]
        ])
        expect(chunks.map(({ data }) => rampStart(data))).toEqual([0, 15, 30])
        expect(pair.input.ledger.snapshot()).toMatchObject({ received: 30, lost: 0 })
      })

      test('recv, poll and emptyQueue are those of pyacq', async () => {
        await using pair = await streamPair(options)
        expect(await pair.input.poll(0)).toBe(false)
        await sendRamp(pair.output, 5, 10)
        expect(await pair.input.poll()).toBe(true)
        const isShared = options.transferMode === 'sharedmem'
        const first = await pair.input.recv()
        expect([first.index, first.data === null]).toEqual([10, isShared])
        const second = await pair.input.recv({ returnData: true })
        expect(second.index).toBe(20)
        expect(rampStart(second.data!)).toBe(10)
        expect(await pair.input.recv({ returnData: false })).toEqual({ index: 30, data: null })
        let dropped = 0
        while (dropped < 2) dropped += await pair.input.emptyQueue()
        expect(await pair.input.poll(1)).toBe(false)
        expect(pair.input.ledger.snapshot()).toMatchObject({ received: 50, lost: 0 })
      })

      test('a buffer keeps the newest samples', async () => {
        await using pair = await streamPair(options)
        pair.input.setBuffer(100, { double: false })
        for (let i = 0; i < 30; i++) {
          await pair.output.send(ramp(i * 7, 7))
          await pair.input.recv()
        }
        expect(pair.input.getData(150, 210)).toSatisfy((data: ReturnType<typeof ramp>) => data.equals(ramp(150, 60)))
        expect(rampStart(pair.input.slice(-20))).toBe(190)
      })

      test('finish ends the reading at the head of the moment, and startRun goes on behind it', async () => {
        await using pair = await streamPair(options)
        const reading = collect(pair.input.chunks())
        await sendRamp(pair.output, 10, 10)
        await pair.input.finish()
        expect((await reading).at(-1)?.index).toBe(100)
        await sendRamp(pair.output, 5, 10, 100)
        pair.input.startRun()
        const again = collect(pair.input.chunks())
        // The place where it starts afresh is settled before anything more is sent.
        await pair.input.poll(0).catch(() => undefined)
        await until150(pair.input)
        await sendRamp(pair.output, 5, 10, 150)
        await pair.output.endRun()
        const chunks = await again
        expect(chunks.map(({ index }) => index)).toEqual([160, 170, 180, 190, 200])
        expect(pair.input.ledger.snapshot()).toMatchObject({ joinedAt: 150, received: 50, lost: 0 })
      })

      test('latest: passes over what is not taken in time, and loses nothing', async () => {
        await using pair = await streamPair(options, { delivery: 'latest' })
        await sendRamp(pair.output, 200, 10)
        await pair.output.endRun()
        const chunks = await collect(pair.input.chunks())
        expect(chunks.at(-1)?.index).toBe(2000)
        expect(chunks.length).toBeLessThan(200)
        const { received, skipped, lost } = pair.input.ledger.snapshot()
        expect({ sum: received + skipped, lost }).toEqual({ sum: 2000, lost: 0 })
        expect(skipped).toBeGreaterThan(0)
      })
    })
  }
}

async function until150(input: InputStream): Promise<void> {
  while (input.status().joinedAt !== 150) await new Promise((resolve) => setTimeout(resolve, 1))
}
