import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { DeviceError } from '@nodeacq/core'
import type { Logger } from '@nodeacq/rpc'
import { Requester } from './Requester.ts'
import { encodeRequest, type SentEvent } from './zmqInterface.ts'

/** ms between two signs of life; the plugin shows an application without any for 5 s as dead. */
const INTERVAL = 2000
/** ms without an answer after which the connection is made anew. */
const PATIENCE = 10_000

export interface HeartbeatOptions {
  readonly url: string
  /** Whose sign of life it is, for the log. */
  readonly subject: string
  readonly log: Logger
  /** Default 2000 ms. */
  readonly interval?: number
  /** Default 10 000 ms. */
  readonly patience?: number
}

/** Tells the plugin that this application is alive, and sends it events. */
export class Heartbeat implements AsyncDisposable {
  readonly #options: Required<HeartbeatOptions>
  readonly #application: { readonly name: string; readonly uuid: string }
  readonly #requester: Requester
  readonly #closed = new AbortController()

  constructor(options: HeartbeatOptions) {
    this.#options = { interval: INTERVAL, patience: PATIENCE, ...options }
    this.#application = { name: 'nodeacq', uuid: randomUUID() }
    this.#requester = new Requester(this.#options.url, this.#options.patience)
    void this.#beat()
  }

  /** Sends an event to the plugin and gives its answer. @throws {DeviceError} when there is none. */
  async sendEvent(event: SentEvent): Promise<string> {
    const answer = await this.#requester.ask(encodeRequest(this.#application, event))
    if (answer !== undefined) return answer
    const { subject, url } = this.#options
    throw new DeviceError(`${subject}: no answer from ${url} to an event`)
  }

  close(): void {
    this.#closed.abort()
    this.#requester.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close()
    return Promise.resolve()
  }

  async #beat(): Promise<void> {
    const { interval, subject, url, log } = this.#options
    const { signal } = this.#closed
    let wasAnswered = true
    while (!signal.aborted) {
      const isAnswered = (await this.#requester.ask(encodeRequest(this.#application))) !== undefined
      if (signal.aborted) return
      if (wasAnswered && !isAnswered) log.warning(`${subject}: no answer from ${url}, trying again`)
      if (!wasAnswered && isAnswered) log.info(`${subject}: ${url} answers again`)
      wasAnswered = isAnswered
      await sleep(interval, undefined, { signal }).catch(() => {})
    }
  }
}
