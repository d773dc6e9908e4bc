import { CortexSamples } from './CortexSamples.ts'
import type { CortexSample } from './messages.ts'

interface Reader {
  /** Undefined: of every session. */
  readonly session: string | undefined
  /** Undefined: every stream. */
  readonly stream: string | undefined
  readonly samples: CortexSamples
}

/** Gives each sample to the buffer of its session and stream, and to who reads them. */
export class SampleHub {
  readonly #bufferSize: number
  readonly #buffers = new Map<string, Map<string, CortexSample[]>>()
  #readers: Reader[] = []
  #handled = 0
  state: 'reading' | 'paused' | 'stopped' = 'reading'

  /** @param bufferSize newest samples that are kept of each stream of each session */
  constructor(bufferSize: number) {
    this.#bufferSize = bufferSize
  }

  get buffers(): ReadonlyMap<string, ReadonlyMap<string, readonly CortexSample[]>> {
    return this.#buffers
  }

  get handled(): number {
    return this.#handled
  }

  open(session: string): void {
    if (!this.#buffers.has(session)) this.#buffers.set(session, new Map())
  }

  /** A session goes on under another id. */
  move(from: string, to: string): void {
    this.#buffers.set(to, this.#buffers.get(from) ?? new Map())
    this.#buffers.delete(from)
    this.#readers = this.#readers.map((reader) => (reader.session === from ? { ...reader, session: to } : reader))
  }

  close(session: string): void {
    this.#buffers.delete(session)
    for (const { session: of, samples } of this.#readers) if (of === session) samples.end()
    this.#readers = this.#readers.filter((reader) => reader.session !== session)
  }

  closeAll(): void {
    for (const { samples } of this.#readers) samples.end()
    this.#readers = []
  }

  read(session?: string, stream?: string): CortexSamples {
    const samples = new CortexSamples((ended) => {
      this.#readers = this.#readers.filter((reader) => reader.samples !== ended)
    })
    this.#readers.push({ session, stream, samples })
    return samples
  }

  /** Whether the sample was taken. */
  push(sample: CortexSample): boolean {
    const streams = this.#buffers.get(sample.session)
    if (this.state !== 'reading' || streams === undefined) return false
    this.#handled += 1
    const buffer = streams.get(sample.stream) ?? []
    if (buffer.length === 0) streams.set(sample.stream, buffer)
    buffer.push(sample)
    if (buffer.length > this.#bufferSize) buffer.shift()
    for (const { session, stream, samples } of this.#readers) {
      if ((session ?? sample.session) === sample.session && (stream ?? sample.stream) === sample.stream) {
        samples.push(sample)
      }
    }
    return true
  }
}
