import { setTimeout as sleep } from 'node:timers/promises'
import { DeviceError } from '@nodeacq/core'
import { SerialLine } from '../SerialLine.ts'
import { END_OF_REPLY } from './cytonCommands.ts'

export interface CytonLinkOptions {
  /** ms that the board has for a reply. */
  timeout: number
  /** Bytes that come while the board streams. */
  onStream: (bytes: Uint8Array) => void
  onLost: (reason: string) => void
}

/** Bit/s of the dongle. */
const BAUD_RATE = 115_200
/** Characters of a reply; the register dump has about 2000. */
const MAX_REPLY = 8192
/** ms without a byte after which a board that was told to stop has stopped, and the most that is waited for that. */
const QUIET = 40
const MAX_STOP = 2000

interface Waiting {
  readonly resolve: (reply: string) => void
  readonly reject: (error: Error) => void
}

/** A Cyton on its serial port: text while it does not stream, bytes while it does. */
export class CytonLink {
  /** What the board told of itself after the reset. */
  readonly greeting: string
  readonly #line: SerialLine
  readonly #state: LinkState
  readonly #timeout: number
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(
    line: SerialLine,
    state: LinkState,
    { greeting, timeout }: { greeting: string; timeout: number }
  ) {
    this.#line = line
    this.#state = state
    this.greeting = greeting
    this.#timeout = timeout
  }

  /** Opens the port, stops a stream that goes on, resets the board. @throws {DeviceError} */
  static async open(path: string, { timeout, onStream, onLost }: CytonLinkOptions): Promise<CytonLink> {
    const state = new LinkState(onStream)
    const line = await SerialLine.open(path, {
      baudRate: BAUD_RATE,
      onData: (bytes) => state.receive(bytes),
      onLost: (reason) => {
        state.fail(new DeviceError(`OpenBCI at ${path}: ${reason}`))
        onLost(reason)
      }
    })
    try {
      await line.write('s')
      await state.quiet()
      const greeting = await exchange(line, state, { command: 'v', timeout })
      return new CytonLink(line, state, { greeting, timeout })
    } catch (error) {
      await line.close()
      throw error
    }
  }

  get isStreaming(): boolean {
    return this.#state.isStreaming
  }

  get hasDaisy(): boolean {
    return this.greeting.includes('Daisy')
  }

  /**
   * Sends a command, and gives the reply without its `$$$`. Commands wait for each other.
   * @throws {DeviceError} when the board refuses it, or does not reply; while it streams it never does
   */
  async ask(command: string): Promise<string> {
    const before = this.#turn
    const reply = before.then(() => exchange(this.#line, this.#state, { command, timeout: this.#timeout }))
    this.#turn = reply.catch(() => {})
    return await reply
  }

  /** Sends a command that has no reply. @throws {DeviceError} */
  async send(command: string): Promise<void> {
    await this.#turn
    await this.#line.write(command)
  }

  /** From now on bytes are samples. @throws {DeviceError} */
  async start(): Promise<void> {
    await this.#turn
    this.#state.isStreaming = true
    await this.#line.write('b')
  }

  /** The board stops; what was on the way has come when this resolves. @throws {DeviceError} */
  async stop(): Promise<void> {
    if (!this.#state.isStreaming) return
    await this.#line.write('s')
    await this.#state.quiet()
    this.#state.isStreaming = false
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    this.#state.fail(new DeviceError(`OpenBCI at ${this.#line.path}: the port was closed`))
    await this.#line.close()
  }
}

/** Where bytes of the board go. */
class LinkState {
  isStreaming = false
  readonly #onStream: (bytes: Uint8Array) => void
  #text = ''
  #waiting: Waiting | undefined
  #heardAt = 0

  constructor(onStream: (bytes: Uint8Array) => void) {
    this.#onStream = onStream
  }

  receive(bytes: Uint8Array): void {
    this.#heardAt = performance.now()
    if (this.isStreaming) {
      this.#onStream(bytes)
      return
    }
    this.#text = (this.#text + Buffer.from(bytes).toString('latin1')).slice(-MAX_REPLY)
    const end = this.#text.indexOf(END_OF_REPLY)
    if (end < 0 || this.#waiting === undefined) return
    const reply = this.#text.slice(0, end)
    this.#text = this.#text.slice(end + END_OF_REPLY.length)
    this.#waiting.resolve(reply)
  }

  /** Only one reply is waited for at a time. */
  expect(waiting: Waiting | undefined): void {
    this.#waiting = waiting
    this.#text = ''
  }

  fail(error: Error): void {
    this.#waiting?.reject(error)
  }

  /** Waits until nothing comes any more. */
  async quiet(): Promise<void> {
    const until = performance.now() + MAX_STOP
    this.#heardAt = performance.now()
    for (let now = this.#heardAt; now - this.#heardAt < QUIET && now < until; now = performance.now()) {
      await sleep(Math.max(1, this.#heardAt + QUIET - now))
    }
  }
}

async function exchange(
  line: SerialLine,
  state: LinkState,
  { command, timeout }: { command: string; timeout: number }
): Promise<string> {
  const asked = `OpenBCI at ${line.path}: command '${command}'`
  let timer: NodeJS.Timeout | undefined
  try {
    const reply = await new Promise<string>((resolve, reject) => {
      state.expect({ resolve, reject })
      timer = setTimeout(() => reject(new DeviceError(`${asked}: no reply within ${timeout} ms`)), timeout)
      line.write(command).catch(reject)
    })
    if (reply.trimStart().startsWith('Failure')) throw new DeviceError(`${asked}: the board says '${reply.trim()}'`)
    return reply
  } finally {
    clearTimeout(timer)
    state.expect(undefined)
  }
}
