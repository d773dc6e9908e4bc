import { AT, type ControlFile } from '../shm/controlFile.ts'
import { fence } from '../shm/fence.ts'

/**
 * Behind the directory of a control file: samples of earlier runs that somebody has still to take. A run begins in slot 0
 * of the ring, over what lies there, so they are copied here before; each chunk in one piece, its axes in the order of the
 * ring's:
 *
 *   ─ gone ─┼─ chunk ┊ chunk ┊ chunk ─┤ kept
 *           └───── room bytes ────────┘
 *
 * A position counts bytes from the first one on; byte `position mod room` of the area. Positions begin at `room`, so that
 * none is 0.
 */
export class KeptWriter {
  readonly #control: ControlFile
  readonly #bytes: Uint8Array
  readonly #end: BigInt64Array
  /** What of the area is really there. */
  #allocated = 0
  #position: number

  constructor(control: ControlFile) {
    this.#control = control
    this.#bytes = new Uint8Array(control.buffer, control.roomAt, control.room)
    this.#end = new BigInt64Array(control.buffer, AT.kept64 * 8, 1)
    this.#position = control.room
    Atomics.store(this.#end, 0, BigInt(this.#position))
  }

  /** Position behind the newest chunk that was kept. */
  get position(): number {
    return this.#position
  }

  /**
   * Room for a chunk of `length` bytes, over the oldest ones; undefined where there is none.
   * @throws {SharedMemError} when the memory is full.
   */
  take(length: number): Uint8Array | undefined {
    const { room } = this.#control
    if (length > room || room === 0) return undefined
    const at = this.#position % room
    const start = at + length <= room ? this.#position : this.#position + room - at
    const end = (start % room) + length
    if (end > this.#allocated) {
      this.#control.allocate(this.#allocated, end)
      this.#allocated = end
    }
    this.#position = start + length
    Atomics.store(this.#end, 0, BigInt(this.#position))
    fence()
    return this.#bytes.subarray(start % room, end)
  }

  /** Whether `length` bytes before `position` have not been written over. */
  holds(position: number, length: number): boolean {
    return position - length >= this.#position - this.#control.room
  }
}

/** The reading end. */
export class KeptReader {
  readonly #room: number
  readonly #bytes: Uint8Array
  readonly #end: BigInt64Array

  constructor({ buffer, room, roomAt }: ControlFile) {
    this.#room = room
    this.#bytes = new Uint8Array(buffer, roomAt, room)
    this.#end = new BigInt64Array(buffer, AT.kept64 * 8, 1)
  }

  /** Whether `length` bytes before `position` have not been written over. Ask again after they were copied. */
  holds(position: number, length: number): boolean {
    fence()
    const end = Number(Atomics.load(this.#end, 0))
    return position <= end && position - length >= Math.max(this.#room, end - this.#room)
  }

  /** `length` bytes before `position`, where they lie; undefined where they cannot. */
  bytes(position: number, length: number): Uint8Array | undefined {
    const start = (position - length) % this.#room
    return start + length <= this.#room ? this.#bytes.subarray(start, start + length) : undefined
  }
}
