import { setTimeout as pause } from 'node:timers/promises'
import { seededRandom, waitFor } from 'testing'
import type { Faults } from 'testing'
import { afterAll, describe, expect, test } from 'vitest'
import { InputStream, OutputStream, removeAbandonedSharedMemory } from '@nodeacq/stream'
import type { Chunk, Delivery } from '@nodeacq/stream'
import { Script, accountsOf, problemsOf } from '../test/accounts.ts'
import { BadNetwork } from '../test/badNetwork.ts'
import { seedsOf } from '../test/seeds.ts'
import { isShared, transport } from '../test/transport.ts'
import { Peer } from '../test/startPeer.ts'

const SEEDS = seedsOf({ usual: 20, soak: 400 })
const PROCESS_SEEDS = seedsOf({ usual: 4, soak: 60 })
// The rings of killed processes go with the next sender; there may be none after these tests.
afterAll(removeAbandonedSharedMemory)

const DELIVERIES: readonly Delivery[] = ['complete', 'bestEffort', 'latest', 'complete']

/** Choices that depend on the seed alone. */
function chooser(seed: number) {
  const random = seededRandom(seed)
  return {
    below: (limit: number) => Math.floor(random() * limit),
    chance: (p: number) => random() < p,
    one: <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  }
}
type Chooser = ReturnType<typeof chooser>

const WEATHERS: readonly Faults[] = [
  { delay: 5 },
  { jitter: 20 },
  { delay: 20, jitter: 40 },
  { down: { bytesPerSecond: 100_000 } },
  { up: { delay: 30 } }
]

/** Something happens to a network. */
function strike(network: BadNetwork, choose: Chooser): void {
  const what = choose.below(6)
  if (what === 0) network.cut()
  else if (what === 1) network.drop()
  else if (what === 2) network.set({ swallow: true })
  else if (what === 3) network.set(choose.one(WEATHERS))
  else network.heal()
}

class Reader {
  readonly input = new InputStream({ highWaterMark: 0 })
  readonly chunks: Chunk[] = []
  readonly delivery: Delivery
  readonly network: BadNetwork
  done: Promise<void> = Promise.resolve()
  readonly #choose: Chooser

  constructor(delivery: Delivery, network: BadNetwork, choose: Chooser) {
    this.delivery = delivery
    this.network = network
    this.#choose = choose
  }

  async start(isOver: (run: number) => boolean): Promise<void> {
    await this.input.connect(this.network.params, { delivery: this.delivery })
    this.done = this.#read(isOver)
  }

  async #read(isOver: (run: number) => boolean): Promise<void> {
    do {
      for await (const chunk of this.input.chunks()) {
        this.chunks.push(chunk)
        if (this.#choose.chance(0.02)) await pause(this.#choose.below(15))
      }
    } while (!isOver(this.input.ledger.run))
  }
}

async function act(output: OutputStream, readers: readonly Reader[], choose: Chooser): Promise<Script> {
  const script = new Script(output)
  for (let step = 10 + choose.below(20); step > 0; step--) {
    await script.sendMany(choose.below(100), 1 + choose.below(choose.chance(0.1) ? 2000 : 40))
    if (choose.chance(0.3)) script.skip(1 + choose.below(50))
    if (choose.chance(0.1)) {
      if (choose.chance(0.5)) await output.endRun()
      script.startRun()
    }
    if (choose.chance(0.4)) strike(choose.one(readers).network, choose)
    if (choose.chance(0.2)) await pause(choose.below(150))
  }
  return script
}

describe.concurrent('sent = received + lost + skipped, whatever the network does', () => {
  for (const seed of SEEDS) {
    test(`seed ${seed}`, { timeout: 60_000 }, async () => {
      const choose = chooser(seed)
      const keepsAll = choose.chance(0.7)
      const flow = choose.chance(0.3) ? 'wait' : 'realtime'
      // Over a ring nothing is kept beyond it, so that a waiting output that gives somebody up loses for him.
      const lease = isShared ? 10_000 : 300
      await using output = new OutputStream({
        shape: [-1, 2],
        ...transport(keepsAll ? 1_000_000 : 3000),
        flow,
        lease,
        retention: keepsAll ? { seconds: 600, bytes: 1e9 } : { bytes: 150_000 + choose.below(300_000) }
      })
      await output.configure()
      await using stack = new AsyncDisposableStack()
      const readers: Reader[] = []
      let isEnded = false
      for (let i = 2 + choose.below(3); i > 0; i--) {
        const network = stack.use(await BadNetwork.before(output, seed * 10 + i))
        const reader = new Reader(choose.one(DELIVERIES), network, chooser(seed * 1000 + i))
        stack.use(reader.input)
        await reader.start((run) => isEnded && run === output.run)
        readers.push(reader)
      }
      const script = await act(output, readers, choose)
      isEnded = true
      await output.endRun()
      for (const { network } of readers) network.heal()
      for (const { done, input, chunks, delivery } of readers) {
        await done
        expect(
          problemsOf(script.runs, accountsOf(input), chunks, {
            mayLose: flow !== 'wait' ? !keepsAll || delivery !== 'complete' : !keepsAll && !isShared,
            maySkip: delivery === 'latest',
            what: `seed ${seed}, ${delivery}, ${flow}`
          })
        ).toEqual([])
      }
    })
  }
})

/** Consumers in processes of their own, and what may happen to them. */
class Cast implements AsyncDisposable {
  readonly #output: OutputStream
  readonly #network: BadNetwork
  readonly #choose: Chooser
  readonly frozen = new Set<Peer>()
  readonly #gone: Peer[] = []
  viewers: Peer[] = []
  recorder: Peer | undefined
  /** Where the latest recorder must have begun at the earliest. */
  acknowledged = 0

  constructor(output: OutputStream, network: BadNetwork, choose: Chooser) {
    this.#output = output
    this.#network = network
    this.#choose = choose
  }

  async start(deliveries: readonly Delivery[]): Promise<void> {
    const { params } = this.#network
    this.viewers = deliveries.map((delivery) => {
      const peer = new Peer()
      peer.tell({ do: 'read', params, connect: { delivery } })
      return peer
    })
    this.startRecorder()
    for (const peer of [...this.viewers, this.recorder!]) await peer.hear('connected')
  }

  startRecorder(): void {
    this.recorder = new Peer()
    const connect = { delivery: 'complete', name: 'disk' } as const
    this.recorder.tell({ do: 'read', params: this.#network.params, connect, ackEvery: 7 })
  }

  /** Freezes someone, or wakes everybody, or kills the recorder and starts another. */
  async strike(): Promise<void> {
    const what = this.#choose.below(4)
    if (what === 0) this.wake()
    else if (what === 1) {
      this.acknowledged = this.#output.status().acknowledged['disk']?.index ?? 0
      const old = this.recorder!
      this.#gone.push(old)
      old.process.kill('SIGKILL')
      this.frozen.delete(old)
      await waitFor(() => old.process.signalCode !== null)
      this.startRecorder()
    } else {
      const peer = this.#choose.one([...this.viewers, this.recorder!])
      peer.process.kill('SIGSTOP')
      this.frozen.add(peer)
    }
  }

  wake(): void {
    for (const peer of this.frozen) peer.process.kill('SIGCONT')
    this.frozen.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.wake()
    for (const peer of [...this.viewers, ...this.#gone, this.recorder!]) await peer[Symbol.asyncDispose]()
  }
}

describe('sent = received + lost + skipped, whatever happens to processes', () => {
  for (const seed of PROCESS_SEEDS) {
    test(`seed ${seed}`, { timeout: 60_000 }, async () => {
      const choose = chooser(seed)
      const flow = choose.chance(0.5) ? 'wait' : 'realtime'
      const retention = { seconds: 600, bytes: 1e9 }
      await using output = new OutputStream({
        shape: [-1, 2],
        ...transport(),
        lease: isShared ? 10_000 : 300,
        flow,
        retention
      })
      await output.configure()
      await using network = await BadNetwork.before(output, seed)
      const deliveries = ['complete', 'bestEffort', 'latest'] as const
      await using cast = new Cast(output, network, choose)
      await cast.start(deliveries)
      const script = new Script(output)
      for (let step = 0; step < 12; step++) {
        await script.sendMany(50 + choose.below(100), 1 + choose.below(40))
        if (choose.chance(0.3)) script.skip(1 + choose.below(50))
        if (choose.chance(0.6)) await cast.strike()
        if (choose.chance(0.3)) strike(network, choose)
      }
      cast.wake()
      network.heal()
      await output.endRun()
      const what = `seed ${seed}, ${flow}`
      const { end, sent, holes } = script.now
      for (const [i, viewer] of cast.viewers.entries()) {
        const { bad, account } = await viewer.hear('ended')
        const mustGetAll = i === 0 || flow === 'wait'
        const delivery = deliveries[i]
        expect({ what, delivery, bad, ...account }).toMatchObject({
          ...{ what, delivery, bad: 0, joinedAt: 0, next: end, sent, holes },
          ...(mustGetAll && { lost: 0 }),
          ...(delivery !== 'latest' && { skipped: 0 })
        })
      }
      const { bad, account } = await cast.recorder!.hear('ended')
      const { received, joinedAt } = account
      expect({ what, bad, ...account }).toMatchObject({ what, bad: 0, next: end, lost: 0, skipped: 0 })
      expect(received + account.holes).toBe(end - joinedAt!)
      expect(joinedAt).toBeGreaterThanOrEqual(cast.acknowledged)
    })
  }
})

test('a producer that is killed and started again is a new run of its consumers, and nothing of it is missed', async () => {
  await using first = new Peer()
  await using second = new Peer()
  first.tell({ do: 'send', options: transport(), chunks: 1e6, samples: 10 })
  const { params } = await first.hear('configured')
  await using network = await BadNetwork.before(params)
  await using input = new InputStream()
  await input.connect(network.params, { delivery: 'complete' })
  const chunks: Chunk[] = []
  const reading = (async () => {
    for await (const chunk of input.chunks()) chunks.push(chunk)
  })()
  first.tell({ do: 'go' })
  await waitFor(() => (input.ledger.next ?? 0) > 1000)
  first.process.kill('SIGKILL')
  second.tell({ do: 'send', options: transport(), chunks: 300, samples: 10, stay: true })
  network.leadTo((await second.hear('configured')).params)
  second.tell({ do: 'go' })
  await reading
  expect(
    problemsOf([{ run: 1, sent: 3000, holes: 0, end: 3000 }], accountsOf(input), chunks, { what: 'second producer' })
  ).toEqual([])
  const before = accountsOf(input).get(0)!
  expect(before.sent).toBe(before.next)
  expect(before.gaps.every(({ cause }) => cause === 'restart')).toBe(true)
  const own = chunks.filter(({ run }) => run === 0)
  expect(own.reduce((sum, { data }) => sum + data.length, 0)).toBe(before.received)
})
