import { NdArray } from '@nodeacq/ndarray'
import type { Block } from './StreamOutlet.ts'
import type { DataMessage } from './zmqInterface.ts'

/**
 * Puts the messages of a stream, one channel each, together to blocks of all channels. A block of which a channel is missing
 * is dropped: its samples are a gap.
 */
export class BlockGatherer {
  readonly #places: ReadonlyMap<number, number>
  readonly #hasCome: Uint8Array
  #values = new Float32Array(0)
  #count = 0
  #missing = 0
  #sampleNumber = -1
  #time = NaN
  incompleteBlocks = 0

  /** @param channels numbers of the channels, in the order of the columns */
  constructor(channels: readonly number[]) {
    this.#places = new Map(channels.map((channel, place) => [channel, place]))
    this.#hasCome = new Uint8Array(channels.length)
  }

  knows(channel: number): boolean {
    return this.#places.has(channel)
  }

  /** The block that this message completes; undefined when there is more to come. The channel is one that it `knows`. */
  add({ channel, sampleNumber, samples, time }: DataMessage): Block | undefined {
    const place = this.#places.get(channel)!
    const isAnother = sampleNumber !== this.#sampleNumber || samples.length !== this.#count
    if (isAnother || (this.#missing === 0 && time > this.#time)) this.#begin(sampleNumber, samples.length)
    if (this.#hasCome[place] === 1) return undefined
    const width = this.#hasCome.length
    for (let k = 0, at = place; k < samples.length; k++, at += width) this.#values[at] = samples[k]!
    this.#hasCome[place] = 1
    this.#missing -= 1
    this.#time = time
    if (this.#missing > 0) return undefined
    const data = NdArray.fromTyped(this.#values, [this.#count, width])
    return { sampleNumber, time, data }
  }

  #begin(sampleNumber: number, count: number): void {
    if (this.#missing > 0) this.incompleteBlocks += 1
    this.#sampleNumber = sampleNumber
    this.#count = count
    this.#missing = this.#hasCome.length
    this.#hasCome.fill(0)
    // Given away with the block.
    this.#values = new Float32Array(count * this.#missing)
  }
}
