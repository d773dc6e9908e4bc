import { numberInLabel } from '../eventValue.ts'
import { itemSizeOf, type StreamHeader } from './header.ts'
import { STAMPED, walkTexts } from './chunks.ts'

/** An event at a time of its stream's clock, in s. */
export interface TimedEvent {
  readonly time: number
  readonly label: string
  readonly value: number
}

/** A stream of events: markers, or numbers without a regular rate. */
export class EventTrack {
  readonly name: string
  readonly header: StreamHeader
  readonly events: TimedEvent[] = []
  #time = 0

  constructor(name: string, header: StreamHeader) {
    this.name = name
    this.header = header
  }

  add(content: Buffer, { at, count }: { at: number; count: number }): void {
    const { format, channelCount, nominalRate } = this.header
    const step = nominalRate > 0 ? 1 / nominalRate : 0
    const take = (time: number, label: string, value: number): void => {
      this.#time = Number.isFinite(time) ? time : this.#time + step
      this.events.push({ time: this.#time, label, value })
    }
    if (format === 'string') {
      walkTexts(content, { at, count, channels: channelCount }, (time, texts) => {
        const label = texts.join(' ')
        take(time, label, numberInLabel(label))
      })
      return
    }
    for (let row = 0; row < count; row++) {
      const isStamped = content[at] === STAMPED
      const time = isStamped ? content.readDoubleLE(at + 1) : NaN
      at += isStamped ? 9 : 1
      const values = Array.from({ length: channelCount }, (_, c) =>
        numberAt(content, at + c * itemSizeOf(format), format)
      )
      at += channelCount * itemSizeOf(format)
      const [value = 0] = values
      take(time, `${this.name} ${values.join(' ')}`, Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? value : 0)
    }
  }
}

function numberAt(content: Buffer, at: number, format: string): number {
  if (format === 'int8') return content.readInt8(at)
  if (format === 'int16') return content.readInt16LE(at)
  if (format === 'int32') return content.readInt32LE(at)
  if (format === 'int64') return Number(content.readBigInt64LE(at))
  return format === 'float32' ? content.readFloatLE(at) : content.readDoubleLE(at)
}
