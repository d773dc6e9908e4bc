import { DeviceError } from '@nodeacq/core'
import type { Logger } from '@nodeacq/rpc'
import { BackOff } from '../BackOff.ts'
import { DeviceProgram, type ProgramCall, type ProgramEnd } from './DeviceProgram.ts'

/** What happens while a device is read. */
export interface ReadHandlers {
  /** A line of the program's standard error; false when it can be no reason for its end. */
  line(line: string): boolean
  /** A program has given its first bytes; `isReturn`: after an outage. */
  begin(isReturn: boolean): void
  /** Bytes of its standard output, which are the handler's own. @param at ms of `performance.now()` at which they came */
  piece(bytes: Uint8Array, at: number): Promise<void>
  /** A program has ended: there may be another. */
  end(): Promise<void>
  /** Whether the source has come to its own end. Default never: a device has none. */
  isComplete?(end: ProgramEnd): boolean
}

export interface ProgramReaderOptions {
  readonly call: ProgramCall
  /** Names the node and its device, for messages. */
  readonly subject: string
  readonly log: Logger
}

/** ms without a byte after which a program is taken for hung, and another is started. */
const SILENCE = 10_000

/**
 * Reads a device through one program after the other: when one ends or hangs, the next is started after 1, 2, 4 … 30 s. The
 * log tells once that the device is away, and once that it is back.
 */
export class ProgramReader {
  readonly #options: ProgramReaderOptions
  #program: DeviceProgram | undefined
  #abandoned: string | undefined
  #hasBegun = false

  constructor(options: ProgramReaderOptions) {
    this.#options = options
  }

  /** Ends the program in progress, for this reason; another is started. */
  abandon(reason: string): void {
    this.#abandoned ??= reason
    void this.#program?.close()
  }

  /** Runs until `signal` aborts or the source is complete. @throws {DeviceError} when no program has given a byte yet. */
  async run(signal: AbortSignal, handlers: ReadHandlers): Promise<void> {
    const { subject, log } = this.#options
    const backOff = new BackOff()
    for (let isOut = false; !signal.aborted;) {
      const end = await this.#runProgram(signal, handlers, () => {
        handlers.begin(isOut)
        if (isOut) log.info(`${subject}: is back`)
        isOut = false
        backOff.reset()
      })
      await handlers.end()
      if (signal.aborted || (this.#abandoned === undefined && handlers.isComplete?.(end) === true)) return
      const reason = this.#abandoned ?? end.reason
      this.#abandoned = undefined
      if (!this.#hasBegun) throw new DeviceError(`${subject}: ${reason}`)
      if (!isOut) log.warning(`${subject}: ${reason}; trying again`)
      isOut = true
      await backOff.wait(signal)
    }
  }

  async #runProgram(signal: AbortSignal, handlers: ReadHandlers, begun: () => void): Promise<ProgramEnd> {
    await using program = new DeviceProgram(this.#options.call, (line) => handlers.line(line))
    this.#program = program
    const stop = (): void => void program.close()
    signal.addEventListener('abort', stop, { once: true })
    const watch = setTimeout(() => this.abandon(`nothing came for ${SILENCE / 1000} s`), SILENCE)
    let isFirst = true
    try {
      for await (const bytes of program.stdout as AsyncIterable<Buffer>) {
        const at = performance.now()
        watch.refresh()
        if (isFirst) begun()
        isFirst = false
        this.#hasBegun = true
        await handlers.piece(bytes, at)
      }
      return await program.ended
    } finally {
      clearTimeout(watch)
      signal.removeEventListener('abort', stop)
      this.#program = undefined
    }
  }
}
