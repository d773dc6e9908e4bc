/** Sample positions, first in first out, in memory that grows only while more wait than ever before. */
export class PositionQueue {
  #slots = new Float64Array(64)
  #first = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  /** The oldest; NaN when there is none. */
  get head(): number {
    return this.#length === 0 ? NaN : this.#slots[this.#first]!
  }

  push(position: number): void {
    if (this.#length === this.#slots.length) this.#grow()
    this.#slots[(this.#first + this.#length) % this.#slots.length] = position
    this.#length += 1
  }

  shift(): number {
    const head = this.head
    if (this.#length > 0) {
      this.#first = (this.#first + 1) % this.#slots.length
      this.#length -= 1
    }
    return head
  }

  clear(): void {
    this.#first = 0
    this.#length = 0
  }

  #grow(): void {
    const slots = new Float64Array(this.#slots.length * 2)
    const wrapped = this.#slots.length - this.#first
    slots.set(this.#slots.subarray(this.#first), 0)
    slots.set(this.#slots.subarray(0, this.#first), wrapped)
    this.#slots = slots
    this.#first = 0
  }
}
