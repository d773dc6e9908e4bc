import { DeviceError } from '@nodeacq/core'
import type { TiaPacket } from '../TiaPacket.ts'

/** Packets that have come and were not taken yet. */
export class PacketQueue {
  #packets: TiaPacket[] = []
  #wake: (() => void) | undefined
  #end: { readonly error: Error | undefined } | undefined
  /** Called when the packets that waited have been taken. */
  onTaken: () => void = () => {}

  get length(): number {
    return this.#packets.length
  }

  push(packet: TiaPacket): void {
    if (this.#end !== undefined) return
    this.#packets.push(packet)
    this.#wake?.()
  }

  /** Nothing comes any more; with an error, whoever takes next is told so, after what has come. */
  end(error?: Error): void {
    this.#end ??= { error }
    this.#wake?.()
  }

  /**
   * All that has come; waits for at least one. Empty at the end.
   * @param silence ms without a packet after which the connection counts as lost; 0: none
   * @throws {DeviceError} what the queue ended with, or silence
   */
  async take(silence: number, subject: string): Promise<TiaPacket[]> {
    if (this.#packets.length === 0 && this.#end === undefined) await this.#wait(silence, subject)
    const packets = this.#packets
    this.#packets = []
    if (packets.length > 0) this.onTaken()
    else if (this.#end?.error !== undefined) throw this.#end.error
    return packets
  }

  #wait(silence: number, subject: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#wake = undefined
        reject(new DeviceError(`${subject}: no packet for ${silence} ms`))
      }
      const timer = silence === 0 ? undefined : setTimeout(giveUp, silence)
      this.#wake = () => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
    })
  }
}
