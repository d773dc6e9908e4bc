import { DeviceError } from '@nodeacq/core'
import { NdArray, parseDType } from '@nodeacq/ndarray'
import type { OutputStream } from '@nodeacq/stream'
import type { TiaBlock } from './TiaPacket.ts'

/** Sends the blocks of one signal as chunks `(samples, channels)`. */
export class BlockOutput {
  readonly #output: OutputStream
  readonly #channels: number
  #chunk: NdArray
  /** Of packets and samples that came: a server may leave a signal out of some packets. */
  #packets = 0
  #samples = 0
  readonly #announced: number
  #index = 0

  /** @param blockSize what the server announced */
  constructor(output: OutputStream, channels: number, blockSize: number) {
    this.#output = output
    this.#channels = channels
    this.#announced = blockSize
    this.#chunk = NdArray.zeros([blockSize, channels], parseDType('float32'))
  }

  /** Packets are missing: the gap is as long as others were. */
  lose(packets: number): void {
    const mean = this.#packets === 0 ? this.#announced : this.#samples / this.#packets
    this.#index += Math.round(packets * mean)
  }

  /**
   * Takes what a packet has of the signal, perhaps nothing. The chunk is used again for the next block: sending copies it.
   * @throws {DeviceError} other channels than announced
   */
  async send(block: TiaBlock | undefined): Promise<void> {
    this.#packets += 1
    if (block === undefined || block.blockSize === 0) return
    const { channels, blockSize, data } = block
    if (channels !== this.#channels)
      throw new DeviceError(`expected blocks of ${this.#channels} channels, got ${channels}`)
    if (blockSize > this.#chunk.length) this.#chunk = NdArray.zeros([blockSize, channels], this.#chunk.dtype)
    const values = this.#chunk.typed() as Float32Array
    for (let channel = 0, from = 0; channel < channels; channel++) {
      for (let k = 0; k < blockSize; k++, from++) values[k * channels + channel] = data[from]!
    }
    this.#samples += blockSize
    this.#index += blockSize
    await this.#output.send(this.#chunk.slice(0, blockSize), this.#index)
  }
}
