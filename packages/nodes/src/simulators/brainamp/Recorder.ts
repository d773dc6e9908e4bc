import { encodeRda, type RdaMarker, type RdaStart } from '../../devices/brainamp/rdaMessages.ts'
import { testSignal } from '../testSignal.ts'

export interface RecorderOptions {
  readonly names: readonly string[]
  /** Hz. */
  readonly sampleRate: number
  /** Points of a block. */
  readonly blockSize: number
  /** µV that a 1 stands for. */
  readonly resolution: number
}

/** Digital value at a 1 of the test signal; the ramp over 1000 samples is then whole numbers. */
const AMPLITUDE = 500

/** A block as it is sent on either port. */
export interface EncodedBlock {
  readonly int16: Buffer
  readonly float32: Buffer
}

/** What BrainVision Recorder knows and counts: settings, samples, blocks, markers. */
export class Recorder {
  readonly options: RecorderOptions
  #names: readonly string[]
  #sample = 0
  #block = 0
  #markers: RdaMarker[] = []

  constructor(options: RecorderOptions) {
    this.options = options
    this.#names = options.names
    this.begin()
  }

  /** Number of the first sample of the next block. */
  get sample(): number {
    return this.#sample
  }

  get startMessage(): Buffer {
    const { sampleRate, resolution } = this.options
    const names = this.#names
    const start: RdaStart = {
      kind: 'start',
      samplingInterval: 1e6 / sampleRate,
      resolutions: names.map(() => resolution),
      names
    }
    return encodeRda(start)
  }

  /** A recording begins: blocks count from 1. The amplifier goes on. */
  begin(): void {
    this.#block = 0
    this.#markers = [{ position: 0, points: 1, channel: -1, type: 'New Segment', description: '' }]
  }

  /** Records so many channels from now on. */
  setChannelCount(count: number): void {
    const { names } = this.options
    this.#names = Array.from({ length: count }, (_, k) => names[k] ?? `Ch${k + 1}`)
  }

  /** A marker in the next block. */
  mark(type: string, description: string, { position = 0, points = 1, channel = -1 } = {}): void {
    this.#markers.push({ position, points, channel, type, description })
  }

  /** The next block, with the number that it is to bear moved by `ahead`. Each second has a stimulus, `S  1` to `S255`. */
  nextBlock(ahead: number): EncodedBlock {
    const { blockSize, sampleRate } = this.options
    const count = this.#names.length
    this.#block += 1
    const values = new Float32Array(blockSize * count)
    for (let p = 0, at = 0; p < blockSize; p++) {
      const n = this.#sample + p
      for (let k = 0; k < count; k++, at++) values[at] = AMPLITUDE * testSignal(n, k, { rate: sampleRate, count })
      if (n % Math.round(sampleRate) === 0) {
        const code = ((n / Math.round(sampleRate)) % 255) + 1
        this.mark('Stimulus', `S${String(code).padStart(3)}`, { position: p })
      }
    }
    const data = {
      kind: 'data',
      block: (this.#block + ahead) >>> 0,
      points: blockSize,
      markers: this.#markers
    } as const
    this.#sample += blockSize
    this.#markers = []
    return {
      float32: encodeRda({ ...data, values }),
      int16: encodeRda({ ...data, values: Int16Array.from(values, Math.round) })
    }
  }

  /** The amplifier goes on while nobody records: nothing is sent of the next `count` blocks. */
  pass(count: number): void {
    this.#sample += count * this.options.blockSize
  }
}
