import { encodeTal } from '../../files/edf/encodeTal.ts'
import type { Tal } from '../../files/edf/tal.ts'

interface Waiting {
  readonly onset: number
  readonly bytes: Buffer
  readonly isEvent: boolean
}

/**
 * Annotations on their way into records. Each record begins with its time; an annotation that finds no room goes into a later
 * record, as its onset tells where it belongs.
 */
export class AnnotationQueue {
  /** Events that are in a record. */
  events = 0
  readonly #size: number
  #waiting: Waiting[] = []
  #isSorted = true

  /** @param size bytes of a record for annotations */
  constructor(size: number) {
    this.#size = size
  }

  get size(): number {
    return this.#size
  }

  get count(): number {
    return this.#waiting.length
  }

  add(tal: Tal, isEvent = false): void {
    this.#waiting.push({ onset: tal.onset, bytes: encodeTal(tal), isEvent })
    this.#isSorted = false
  }

  /** Writes the time of a record, and annotations that begin before its end. @returns bytes that were used */
  write(target: Uint8Array, { onset, end }: { onset: number; end: number }): number {
    const keeper = encodeTal({ onset, duration: undefined, texts: [''] })
    target.set(keeper)
    return keeper.length + this.fill(target.subarray(keeper.length), end)
  }

  /** Writes what begins before a time and finds room. @returns bytes that were used */
  fill(target: Uint8Array, end: number): number {
    if (!this.#isSorted) this.#waiting.sort((a, b) => a.onset - b.onset)
    this.#isSorted = true
    let at = 0
    let count = 0
    for (const { onset, bytes, isEvent } of this.#waiting) {
      if (onset >= end || at + bytes.length > target.length) break
      target.set(bytes, at)
      at += bytes.length
      count += 1
      if (isEvent) this.events += 1
    }
    this.#waiting.splice(0, count)
    return at
  }

  /** Leaves out what can never find room. @returns how many */
  dropTooLong(): number {
    const before = this.#waiting.length
    this.#waiting = this.#waiting.filter(({ bytes }) => bytes.length <= this.#size - KEEPER_BYTES)
    return before - this.#waiting.length
  }
}

/** Of the time of a record: `+123456.789012345`, 14 14 00. */
const KEEPER_BYTES = 24

/**
 * Bytes of a record in which all annotations find room, each in the record of its onset or a later one.
 * @param onsets of the records that there will be
 */
export function annotationBytes(onsets: readonly number[], tals: readonly Tal[], least: number): number {
  const lists = tals.toSorted((a, b) => a.onset - b.onset).map((tal) => ({ tal, length: encodeTal(tal).length }))
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  for (let size = Math.max(least, longest + KEEPER_BYTES); ; size *= 2) if (fits(onsets, lists, size)) return size
}

function fits(onsets: readonly number[], lists: readonly { tal: Tal; length: number }[], size: number): boolean {
  let next = 0
  for (const k of onsets.keys()) {
    let room = size - KEEPER_BYTES
    const end = onsets[k + 1] ?? Infinity
    for (; next < lists.length && lists[next]!.tal.onset < end && lists[next]!.length <= room; next++) {
      room -= lists[next]!.length
    }
  }
  return next === lists.length
}
