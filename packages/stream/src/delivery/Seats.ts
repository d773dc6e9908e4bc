import { BellPull } from '../shm/bell.ts'
import { isAbandoned } from '../shm/owner.ts'
import type { DirectoryWriter, PublishedChunk } from '../transfer/DirectoryWriter.ts'
import { toPerformance } from './clock.ts'
import type { Waiters } from './Waiters.ts'

/** One input that reads the shared ring by itself, as the output sees it. */
export class Seat {
  readonly number: number
  readonly #directory: () => DirectoryWriter | undefined
  readonly #pull: BellPull
  readonly #since = performance.now()

  constructor(number: number, pull: BellPull, directory: () => DirectoryWriter | undefined) {
    this.number = number
    this.#pull = pull
    this.#directory = directory
  }

  /** Number of the next chunk that it has not taken. */
  get taken(): number {
    return this.#directory()?.takenBy(this.number) ?? Infinity
  }

  /** Chunks that it has not taken. */
  get waiting(): number {
    const directory = this.#directory()
    return directory ? Math.max(0, directory.end - directory.takenBy(this.number)) : 0
  }

  /** `performance.now()` of the latest time it took something or had nothing to take. */
  get lastTaken(): number {
    const directory = this.#directory()
    if (directory === undefined) return this.#since
    const sent = directory.sentAt(directory.takenBy(this.number))
    return Math.max(this.#since, toPerformance(Math.max(directory.timeOf(this.number), sent)))
  }

  /** The process that sat here is gone. */
  get isAbandoned(): boolean {
    return isAbandoned(this.#pull.path)
  }

  /** There is a chunk. */
  ringIfAsleep(directory: DirectoryWriter): void {
    if (directory.wake(this.number)) this.#pull.ring()
  }

  close(): void {
    this.#pull.close()
  }
}

/** A waiting output goes on when this part of its ring is free, so that waking it is worth the effort. */
const SHARE_TO_WAIT_FOR = 0.5
/** ms between looks at what readers have taken: the word of one whose connection broke does not come through. */
const LOOK_EVERY = 20

/**
 * The seats of the control file of an output's ring. One that an input has not left by its own word stays taken while the
 * process of that input lives: it may wake from a freeze and go on writing there.
 */
export class Seats {
  readonly #holders = new Map<number, { input: string; bell: string; hasLeft: boolean }>()
  #sitting: readonly Seat[] = []
  #directory: DirectoryWriter | undefined
  /** Every input that must not lose anything has taken the chunks before this one, at least. */
  #freeUntil = 0

  get directory(): DirectoryWriter | undefined {
    return this.#directory
  }

  /** How many inputs read the ring. */
  get taken(): number {
    return this.#sitting.length
  }

  /** Another ring, or none; everybody keeps his number. */
  moveTo(directory: DirectoryWriter | undefined): void {
    this.#directory = directory
    this.changed()
  }

  /** Inputs have come or gone, or are waited for no more. */
  changed(): void {
    this.#freeUntil = 0
  }

  /** A chunk has been stored in the ring. */
  publish(directory: DirectoryWriter, chunk: PublishedChunk): void {
    directory.publish(chunk)
    for (const seat of this.#sitting) seat.ringIfAsleep(directory)
  }

  /**
   * Something to await while a chunk up to `index` would be written over what was not taken.
   * @param neededFrom number of the oldest chunk that an input must not lose
   */
  whenFree(index: number, neededFrom: () => number, waiters: Waiters): Promise<void> | undefined {
    const directory = this.#directory
    // Looking at every reader costs more than a small chunk.
    if (directory === undefined || directory.isFree(index, this.#freeUntil)) return undefined
    this.#freeUntil = neededFrom()
    if (directory.isFree(index, this.#freeUntil)) return undefined
    const wanted = directory.neededFrom(index, SHARE_TO_WAIT_FOR)
    const isDone = (): boolean => {
      if (neededFrom() >= wanted || directory !== this.#directory) return true
      directory.askFor(wanted)
      // In this order: either the reader sees the question, or this sees what it took before.
      return neededFrom() >= wanted
    }
    return waiters.watch(isDone, { period: LOOK_EVERY })
  }

  /**
   * A seat for an input whose bell is at `bell`; undefined when there is none, or the bell cannot be rung: of another user
   * or another container.
   */
  claim(input: string, bell: string): Seat | undefined {
    const directory = this.#directory
    if (directory === undefined) return undefined
    const number = this.#free(input, directory.seats)
    if (number === undefined) return undefined
    let pull: BellPull
    try {
      pull = new BellPull(bell)
    } catch {
      return undefined
    }
    const isBack = this.#holders.get(number)?.input === input
    this.#holders.set(number, { input, bell, hasLeft: false })
    if (!isBack) directory.resetSeat(number)
    const seat = new Seat(number, pull, () => this.#directory)
    this.#sitting = [...this.#sitting, seat]
    return seat
  }

  #free(input: string, seats: number): number | undefined {
    for (const [number, holder] of this.#holders) if (holder.input === input) return number
    for (let number = 0; number < seats; number++) {
      const holder = this.#holders.get(number)
      if (holder === undefined || holder.hasLeft || isAbandoned(holder.bell)) return number
    }
    return undefined
  }

  /** @param hasLeft whether the input itself has said so */
  release(seat: Seat, hasLeft: boolean): void {
    seat.close()
    this.#sitting = this.#sitting.filter((other) => other !== seat)
    const holder = this.#holders.get(seat.number)
    if (holder && hasLeft) holder.hasLeft = true
  }

  /** Nobody is rung for any more. */
  close(): void {
    for (const seat of this.#sitting) seat.close()
    this.#sitting = []
  }
}
