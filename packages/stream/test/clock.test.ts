import { fork } from 'node:child_process'
import { once } from 'node:events'
import { InputStream, monotonicNow, OutputStream } from '@nodeacq/stream'
import type { Instant, WireParams } from '@nodeacq/stream'
import { waitFor } from 'testing'
import type { OtherMachine } from 'testing'
import { expect, test } from 'vitest'
import { BadNetwork } from './badNetwork.ts'
import type { PacedReport } from './programs/pacedDevice.ts'
import { logged, ramp, streamPair, until } from './streams.ts'

/** What a chunk takes from the device to its mark without the device seeing it, ms. */
const UNSEEN = 0.1

/** A device in another process that knows the truth. */
class PacedDevice implements AsyncDisposable {
  readonly #process
  readonly params: Promise<WireParams>

  constructor(machine?: OtherMachine) {
    const program = new URL('./programs/pacedDevice.ts', import.meta.url)
    const args = machine ? [JSON.stringify(machine)] : []
    this.#process = fork(program, args, { execArgv: ['--conditions=nodeacq-source'] })
    this.params = this.#report().then(({ params }) => params!)
  }

  async #report(): Promise<PacedReport> {
    const [report] = (await once(this.#process, 'message')) as [PacedReport]
    return report
  }

  start(): void {
    this.#process.send({ start: true })
  }

  stop(): void {
    this.#process.send({ stop: true })
  }

  async ask(index: number): Promise<NonNullable<PacedReport['asked']>> {
    this.#process.send({ ask: index })
    return (await this.#report()).asked!
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGKILL')
    await once(this.#process, 'exit')
  }
}

async function connected(params: WireParams): Promise<InputStream> {
  const input = new InputStream({}, { node: 'filter', name: 'signals' })
  await input.connect(params)
  input.onData(() => undefined)
  return input
}

function expectRight(found: Instant, truth: number): void {
  expect(Math.abs(found.time - truth)).toBeLessThanOrEqual(found.uncertainty + UNSEEN)
}

test('output and input in two processes tell the same times, and those are right', async () => {
  await using device = new PacedDevice()
  await using input = await connected(await device.params)
  expect(input.clock.timeOf(0)).toBeUndefined()
  device.start()
  await until(() => input.clock.timeOf(0) !== undefined && (input.ledger.next ?? 0) > 2500, 'two seconds of data')
  for (const index of [0, 1000, 2500]) {
    const { time, truth } = await device.ask(index)
    const found = input.clock.timeOf(index)!
    expectRight(found, truth)
    expectRight(time!, truth)
    expect(Math.abs(found.time - time!.time)).toBeLessThanOrEqual(found.uncertainty + time!.uncertainty)
    const back = input.clock.indexAt(found.time)!
    expect(Math.abs(back.index - index)).toBeLessThanOrEqual(back.uncertainty)
    // The device's clock began at 0 with the first sample.
    const shown = input.clock.deviceTimeOf(index)!
    expect(Math.abs(shown.time - index * 1.00003)).toBeLessThanOrEqual(shown.uncertainty + 1e-6)
    const wall = input.clock.wallTimeOf(index)!
    expect(Math.abs(wall.time - (Date.now() - monotonicNow() + truth))).toBeLessThan(wall.uncertainty + 5)
  }
  const { measuredRate, clockOffset } = input.status()
  expect(Math.abs(measuredRate!.hz - 1000 / 1.00003)).toBeLessThanOrEqual(measuredRate!.uncertainty)
  expect(clockOffset).toBeNull()

  // Who comes later knows what was measured before.
  await using late = await connected(await device.params)
  await until(() => late.clock.timeOf(0) !== undefined, 'what was measured before')
  expectRight(late.clock.timeOf(500)!, (await device.ask(500)).truth)

  // Another run begins anew, and the one before is still known.
  const before = input.clock.timeOf(1000)!
  const { run } = await device.ask(0)
  device.stop()
  device.start()
  await until(() => input.ledger.run > run && input.clock.timeOf(0) !== undefined, 'another run')
  const again = await device.ask(100)
  expect(again.run).toBe(run + 1)
  expectRight(input.clock.timeOf(100)!, again.truth)
  expect(input.clock.timeOf(1000, run)!.time).toBeCloseTo(before.time, -1)
})

for (const [up, down] of [
  [0, 0],
  [30, 2],
  [1, 15]
] as const) {
  test(`times of another machine's device are right by the clock of this one, ${up} ms there and ${down} back`, async () => {
    const machine = { name: 'another', ahead: 5e6, drift: 80e-6 }
    await using device = new PacedDevice(machine)
    await using network = await BadNetwork.before(await device.params)
    network.set({ up: { delay: up, jitter: up / 2 }, down: { delay: down, jitter: down / 2 } })
    await using input = await connected(network.params)
    device.start()
    await until(() => input.clock.timeOf(0) !== undefined && (input.ledger.next ?? 0) > 1500, 'data and round trips')
    const { offset, uncertainty } = await waitFor(() => input.status().clockOffset ?? undefined)
    const now = monotonicNow()
    expect(Math.abs(offset - (machine.ahead + now * machine.drift))).toBeLessThanOrEqual(uncertainty + 0.01)
    expect(uncertainty).toBeGreaterThanOrEqual((up + down) / 2)
    for (const index of [0, 500, 1500]) {
      const { truth } = await device.ask(index)
      const found = input.clock.timeOf(index)!
      expectRight(found, truth)
      const back = input.clock.indexAt(truth)!
      expect(Math.abs(back.index - index)).toBeLessThanOrEqual(back.uncertainty + UNSEEN)
    }
    const rate = input.clock.rate!
    expect(Math.abs(rate.hz - 1000 / 1.00003)).toBeLessThanOrEqual(rate.uncertainty)
  })
}

test('streams without a regular rate, or without a place in time, have no times', async () => {
  for (const options of [{ sampleRate: 0 }, { accounting: 'none' as const }]) {
    await using pair = await streamPair({ sampleRate: 1000, ...options })
    const start = performance.now()
    for (let n = 0; performance.now() < start + 600; n += 10) {
      await pair.output.send(ramp(n, 10))
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(pair.output.clock.timeOf(0)).toBeUndefined()
    expect(pair.output.clock.rate).toBeUndefined()
    expect(pair.output.status().measuredRate).toBeNull()
  }
  const output = new OutputStream()
  expect(output.clock.timeOf(0)).toBeUndefined()
  expect(new InputStream().clock.indexAt(0)).toBeUndefined()
  expect(() => output.markDeviceTime(0, 0)).toThrow('not configured')
})

test('within one process, through a clock that is not there yet, nothing is logged', async () => {
  using log = logged()
  await using pair = await streamPair({ protocol: 'inproc', sampleRate: 1000 })
  pair.input.onData(() => undefined)
  for (let n = 0; pair.input.clock.timeOf(0) === undefined; n += 10) {
    await pair.output.send(ramp(n, 10))
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  expect(pair.input.clock.timeOf(0)!.time).toBeCloseTo(pair.output.clock.timeOf(0)!.time, -2)
  expect(log.messages).toEqual([])
})
