import { monotonicNow } from '../delivery/clock.ts'
import type { OutputLink } from '../input/OutputLink.ts'
import { report } from '../log.ts'
import type { SideMessage, SideMessageOf } from '../side/messages.ts'
import { ClockOffset } from './ClockOffset.ts'
import { ClockPieces } from './ClockPieces.ts'
import { DeviceClock } from './DeviceClock.ts'
import { fromTuple } from './OutputClock.ts'
import { RunClocks } from './RunClocks.ts'
import type { RunClock } from './RunClocks.ts'
import type { StreamClockSource } from './StreamClock.ts'

/** Round trips at the beginning, and ms between them; then ms between one and the next. */
const BURST = 8
const BURST_INTERVAL = 50
const INTERVAL = 1000

/** The input's half of a stream's clock: what the output tells, and the offset of its machine's clock if it is another. */
export class InputClock implements StreamClockSource {
  readonly offset: ClockOffset | undefined
  readonly #subject: string
  readonly #currentRun: () => number
  readonly #runs = new RunClocks(() => ({ pieces: new ClockPieces(), device: new DeviceClock() }))
  #timer: NodeJS.Timeout | undefined
  #asked = 0
  #isClosed = false

  /** @param at.isRemote the output is on another machine */
  constructor(at: { isRemote: boolean; subject: string; currentRun: () => number }) {
    this.offset = at.isRemote ? new ClockOffset() : undefined
    this.#subject = at.subject
    this.#currentRun = at.currentRun
  }

  get run(): number {
    return this.#currentRun()
  }

  clockOf(run: number): RunClock | undefined {
    return this.#runs.get(run)
  }

  /** Asks for the time over there again and again. Safe to call twice. */
  start(link: OutputLink): void {
    if (this.offset === undefined || this.#timer !== undefined || this.#isClosed) return
    this.#ask(link)
  }

  #ask(link: OutputLink): void {
    link.post({ kind: 'ping', sent: monotonicNow() })
    this.#asked += 1
    this.#timer = setTimeout(() => this.#ask(link), this.#asked < BURST ? BURST_INTERVAL : INTERVAL).unref()
  }

  /** Whether the message was one for the clock. */
  hear(message: SideMessage): boolean {
    switch (message.kind) {
      case 'clock': {
        const { pieces } = this.#runs.open(message.run)
        for (const piece of message.pieces) pieces.put(fromTuple(piece))
        return true
      }
      case 'device':
        this.#runs.open(message.run).device.mark(message)
        return true
      case 'pong':
        this.#answered(message)
        return true
      default:
        return false
    }
  }

  #answered({ sent, received, answered }: SideMessageOf<'pong'>): void {
    const returned = monotonicNow()
    if (this.offset?.add({ sent, received, answered, returned }) === false) {
      report('warning', `${this.#subject}: the clock of the source's machine has jumped; its offset is measured anew`)
    }
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }
}
