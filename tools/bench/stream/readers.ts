import { InputStream, type Delivery, type OutputStream } from '@nodeacq/stream'
import { BenchChild } from '../child.ts'
import type { BareRing } from './bareRing.ts'
import { consume, type ReadOrder, type ReadReport } from './consume.ts'
import type { Order } from './consumer.ts'

/** How readers connect. */
export interface ConnectOrder {
  readonly delivery?: Delivery
  /** Messages that may wait for a reader; default 0, no limit. */
  readonly highWaterMark?: number
}

/** Whoever reads a stream in a benchmark, all of them at once. */
export interface Readers extends AsyncDisposable {
  connect(outputs: readonly OutputStream[], options?: ConnectOrder): Promise<void>
  /** Resolves when all are ready for the next run; what comes then has their reports at its end. */
  read(order: ReadOrder): Promise<{ reports: Promise<readonly ReadReport[]> }>
}

/** As many processes as readers. */
export class ProcessReaders implements Readers {
  readonly #children: readonly BenchChild[]
  #streams = 1

  constructor(count: number) {
    this.#children = Array.from({ length: count }, () => new BenchChild(new URL('./consumer.ts', import.meta.url)))
  }

  async connect(outputs: readonly OutputStream[], options: ConnectOrder = {}): Promise<void> {
    const { delivery, highWaterMark = 0 } = options
    this.#streams = outputs.length
    await this.#all({ connect: outputs.map(({ params }) => params), delivery, highWaterMark })
  }

  /** Lets all of them subscribe to a PUB of bare zeromq, which `greet` lets say something until they have heard it. */
  async connectBare(address: string, greet: () => Promise<void>): Promise<void> {
    let isDone = false
    const connected = this.#all({ bare: address }).finally(() => (isDone = true))
    while (!isDone) {
      await greet()
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await connected
  }

  async read(order: ReadOrder): Promise<{ reports: Promise<readonly ReadReport[]> }> {
    await this.#all({ read: order })
    return { reports: this.#reports(this.#streams) }
  }

  async readBare(order: ReadOrder): Promise<{ reports: Promise<readonly ReadReport[]> }> {
    await this.#all({ readBare: order })
    return { reports: this.#reports(1) }
  }

  /** Lets all of them read a bare ring, with nothing in between. */
  async readRing(ring: BareRing): Promise<{ reports: Promise<readonly ReadReport[]> }> {
    await this.#all({ readRing: ring.place })
    ring.begin()
    return { reports: this.#reports(1) }
  }

  /** Gives an order and waits for an answer from each. */
  async #all(order: Order): Promise<void> {
    for (const child of this.#children) child.tell(order)
    await Promise.all(this.#children.map((child) => child.next()))
  }

  async #reports(count: number): Promise<readonly ReadReport[]> {
    const all = this.#children.map((child) =>
      Promise.all(Array.from({ length: count }, () => child.next<ReadReport>()))
    )
    return (await Promise.all(all)).flat()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map((child) => child[Symbol.asyncDispose]()))
  }
}

/** Readers in this process. */
export class LocalReaders implements Readers {
  readonly #count: number
  #inputs: InputStream[] = []

  constructor(count: number) {
    this.#count = count
  }

  async connect(outputs: readonly OutputStream[], options: ConnectOrder = {}): Promise<void> {
    const { delivery, highWaterMark = 0 } = options
    await this.#close()
    for (const output of outputs) {
      for (let i = 0; i < this.#count; i++) {
        const input = new InputStream({ highWaterMark })
        await input.connect(output, delivery === undefined ? {} : { delivery })
        this.#inputs.push(input)
      }
    }
  }

  read(order: ReadOrder): Promise<{ reports: Promise<readonly ReadReport[]> }> {
    const reports = Promise.all(this.#inputs.map((input) => consume(input, order, () => undefined)))
    return Promise.resolve({ reports })
  }

  async #close(): Promise<void> {
    for (const input of this.#inputs.splice(0)) await input.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close()
  }
}
