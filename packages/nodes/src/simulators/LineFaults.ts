import { uniformNumbers } from '../uniformNumbers.ts'
import { numberOf, type Fault } from './faults.ts'

/** Faults of any line on which bytes travel. */
export const LINE_FAULTS = {
  drop: 'end every connection at once',
  refuseConnection: 'end every connection, and refuse new ones for =<s> (default 5)',
  halfOpen: 'keep connections open, but send nothing and hear nothing, for =<s> (default 5)',
  delay: 'send everything =<ms> later (default 200; 0 ends it)',
  slowStart: 'send nothing on a new connection for =<s> (default 2), then all of it',
  garbage: 'send =<n> bytes that mean nothing (default 20)',
  corrupt: 'change one bit in each of the next =<n> writes (default 1)',
  cut: 'cut what is sent at random places for =<s> (default 5), so that it comes in pieces',
  truncate: 'leave out the second half of the next write'
} as const

/** One connection of a simulator, as it sends. */
export interface Line {
  write(bytes: Uint8Array): void
  /** Ends it at once. */
  destroy(): void
}

/** What goes wrong on the lines of a simulator: it stands between what is encoded and what is sent. */
export class LineFaults {
  readonly #lines = new Set<FaultyLine>()
  readonly #random: () => number
  /** Where lines look what holds now. */
  readonly now: LineState = {
    deafUntil: -Infinity,
    cutUntil: -Infinity,
    delay: 0,
    start: 0,
    toCorrupt: 0,
    toTruncate: 0
  }
  #refusingUntil = -Infinity

  /** @param seed of the places where lines are cut and bits change */
  constructor(seed = 1) {
    this.#random = uniformNumbers(seed)
  }

  /** A new connection has to be ended at once. */
  get isRefusing(): boolean {
    return performance.now() < this.#refusingUntil
  }

  /** What comes in has to be ignored. */
  get isDeaf(): boolean {
    return performance.now() < this.now.deafUntil
  }

  /** Puts the faults on a line; write to what is returned, and close it when the line has ended. */
  add(line: Line): FaultyLine {
    const faulty = new FaultyLine(line, this.now, this.#random, () => this.#lines.delete(faulty))
    this.#lines.add(faulty)
    return faulty
  }

  /** Whether the fault is one of these, and now happens. */
  inject(fault: Fault): boolean {
    const { now } = this
    const until = (whenMissing: number): number => performance.now() + numberOf(fault, whenMissing) * 1000
    switch (fault.kind) {
      case 'drop':
        this.#dropAll()
        return true
      case 'refuseConnection':
        this.#refusingUntil = until(5)
        this.#dropAll()
        return true
      case 'halfOpen':
        now.deafUntil = until(5)
        return true
      case 'delay':
        now.delay = numberOf(fault, 200)
        return true
      case 'slowStart':
        now.start = numberOf(fault, 2) * 1000
        return true
      case 'garbage': {
        const bytes = Uint8Array.from({ length: numberOf(fault, 20) }, () => this.#random() * 256)
        for (const line of this.#lines) line.write(bytes)
        return true
      }
      case 'corrupt':
        now.toCorrupt += numberOf(fault, 1)
        return true
      case 'cut':
        now.cutUntil = until(5)
        return true
      case 'truncate':
        now.toTruncate += 1
        return true
      default:
        return false
    }
  }

  close(): void {
    this.#dropAll()
  }

  #dropAll(): void {
    for (const line of [...this.#lines]) line.destroy()
  }
}

interface LineState {
  /** ms of `performance.now()`. */
  deafUntil: number
  cutUntil: number
  /** ms. */
  delay: number
  start: number
  toCorrupt: number
  toTruncate: number
}

/** A line with the faults on it. What is written comes out in order. */
export class FaultyLine {
  readonly #line: Line
  readonly #state: LineState
  readonly #random: () => number
  readonly #forget: () => void
  readonly #since = performance.now()
  #queue: { readonly bytes: Uint8Array; readonly due: number }[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(line: Line, state: LineState, random: () => number, forget: () => void) {
    this.#line = line
    this.#state = state
    this.#random = random
    this.#forget = forget
  }

  /** Takes the bytes over: they may leave later. */
  write(bytes: Uint8Array): void {
    const now = performance.now()
    if (now < this.#state.deafUntil) return
    const due = Math.max(now + this.#state.delay, this.#since + this.#state.start)
    for (const piece of this.#pieces(this.#spoiled(bytes), now)) this.#queue.push({ bytes: piece, due })
    if (this.#timer === undefined) this.#drain()
  }

  /** The line has ended by itself, or is to: nothing is sent any more. */
  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#queue = []
    this.#forget()
  }

  destroy(): void {
    this.close()
    this.#line.destroy()
  }

  #spoiled(bytes: Uint8Array): Uint8Array {
    const state = this.#state
    if (state.toTruncate > 0) {
      state.toTruncate -= 1
      return bytes.subarray(0, bytes.length >> 1)
    }
    if (state.toCorrupt === 0 || bytes.length === 0) return bytes
    state.toCorrupt -= 1
    const changed = bytes.slice()
    changed[Math.floor(this.#random() * bytes.length)]! ^= 1 << Math.floor(this.#random() * 8)
    return changed
  }

  #pieces(bytes: Uint8Array, now: number): Uint8Array[] {
    if (now >= this.#state.cutUntil) return [bytes]
    const pieces: Uint8Array[] = []
    for (let from = 0; from < bytes.length;) {
      const to = Math.min(bytes.length, from + 1 + Math.floor(this.#random() * bytes.length))
      pieces.push(bytes.subarray(from, to))
      from = to
    }
    return pieces
  }

  /** Sends what is due: of pieces that were cut, one each turn, so that they leave as they are. */
  #drain(): void {
    this.#timer = undefined
    const now = performance.now()
    const isCutting = now < this.#state.cutUntil
    while (this.#queue.length > 0 && this.#queue[0]!.due <= now) {
      this.#line.write(this.#queue.shift()!.bytes)
      if (isCutting) break
    }
    const [next] = this.#queue
    if (next !== undefined) this.#timer = setTimeout(() => this.#drain(), Math.max(0, next.due - now))
  }
}
