import { ZmqSocket } from '@nodeacq/zmq'
import Transport from 'winston-transport'
import { closeFlushed } from './closeFlushed.ts'
import { encodeLogRecord, makeLogRecord, type LogRecord } from './LogRecord.ts'
import { recordOf } from './winstonInfo.ts'

export interface LogSenderOptions {
  /** Address of a LogServer. */
  address: string
  /** Records that may wait in this process for a server that is slow or absent; more are dropped. Default 10 000. */
  limit?: number
}

/**
 * winston transport that sends records to a LogServer. It never waits and never fails: what does not fit into the
 * queue is dropped and counted, and the count is itself a record when the server takes records again.
 */
export class LogSender extends Transport {
  readonly address: string
  readonly #socket = new ZmqSocket('push', { linger: 1000 })
  readonly #limit: number
  #waiting = 0
  #dropped = 0
  #closed: Promise<void> | undefined
  #whenTaken: (() => void) | undefined

  constructor({ address, limit = 10_000 }: LogSenderOptions) {
    super()
    this.address = address
    this.#limit = limit
    this.#socket.connect(address)
  }

  /** Records dropped and not reported yet. */
  get dropped(): number {
    return this.#dropped
  }

  override log(info: object, next: () => void): void {
    const record = recordOf(info)
    if (record) this.send(record)
    next()
  }

  send(record: LogRecord): void {
    if (this.#closed) return
    if (this.#waiting >= this.#limit) {
      this.#dropped++
      return
    }
    this.#reportDropped()
    this.#transmit(record)
  }

  #transmit(record: LogRecord): void {
    let frame: Uint8Array
    try {
      frame = encodeLogRecord(record)
    } catch {
      // A further key of a received record that is no JSON, such as a bigint.
      this.#dropped++
      return
    }
    this.#waiting++
    this.#socket.send([frame]).then(
      () => {
        this.#waiting--
        if (this.#waiting === 0) {
          this.#reportDropped()
          this.#whenTaken?.()
        }
      },
      () => {
        this.#waiting--
        this.#dropped++
      }
    )
  }

  #reportDropped(): void {
    if (this.#dropped === 0 || this.#closed) return
    const count = this.#dropped
    this.#dropped = 0
    const message = `${count} log records were dropped: the queue of ${this.#limit} to ${this.address} was full`
    this.#transmit(makeLogRecord({ name: 'nodeacq.log', level: 'warning', message }))
  }

  /** Sends what waits, for at most `timeout` ms, and ends. Safe to call twice. */
  finish(timeout = 1000): Promise<void> {
    this.#closed ??= this.#end(timeout)
    return this.#closed
  }

  /** winston calls this when it lets the transport go. */
  override close(): void {
    void this.finish()
  }

  async #end(timeout: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const expired = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeout)))
    const taken = new Promise<void>((resolve) => (this.#whenTaken = resolve))
    if (this.#waiting > 0) await Promise.race([taken, expired])
    await Promise.race([closeFlushed(this.#socket), expired])
    clearTimeout(timer)
  }
}
