import type { Chunk, TakenChunk, TakeOptions } from './Chunk.ts'
import type { Reception } from './Reception.ts'

/** How `chunks` reads. */
export interface ChunksOptions {
  /** Ends the reading. */
  signal?: AbortSignal
  /**
   * The data of a chunk need only be valid until the next step, so that in a shared ring it is read where it lies.
   * Default false: it is the reader's own. What an output that does not wait has written over in the meantime is worth
   * nothing: the next step enters it into the ledger as `torn`, and the next chunk has it among its gaps. Borrowed data
   * may only be read; writing to it ends the process. What came as a message is freed at the next step, which is faster
   * than leaving it to the garbage collector: an array that was kept is empty then.
   */
  borrow?: boolean
}

const DONE: IteratorResult<Chunk, undefined> = { done: true, value: undefined }

/** Chunks of one run. Written by hand: a layer of generators costs more than all the rest of a small chunk. */
export class ChunkIterator implements AsyncIterableIterator<Chunk> {
  readonly #reception: Reception
  readonly #signal: AbortSignal | undefined
  readonly #onEnd: (isLeft: boolean) => void
  #isDone = false
  readonly #options: TakeOptions

  /** @param onEnd told whether the reader has left before reading was over */
  constructor(reception: Reception, { signal, borrow = false }: ChunksOptions, onEnd: (isLeft: boolean) => void) {
    this.#reception = reception
    this.#options = { wantData: true, borrow, stopAtEnd: true, isCancelled: () => this.#isDone }
    this.#signal = signal
    this.#onEnd = onEnd
    if (signal?.aborted === true) this.#end()
    else signal?.addEventListener('abort', this.#cancel, { once: true })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Chunk, undefined>> {
    if (this.#isDone) return Promise.resolve(DONE)
    const taken = this.#reception.take(this.#options)
    if (taken instanceof Promise) return taken.then(this.#toResult, this.#fail)
    return Promise.resolve(this.#toResult(taken))
  }

  return(): Promise<IteratorResult<Chunk, undefined>> {
    this.#end()
    return Promise.resolve(DONE)
  }

  readonly #toResult = (taken: TakenChunk | undefined): IteratorResult<Chunk, undefined> => {
    if (taken !== undefined && !this.#isDone) return { done: false, value: taken as Chunk }
    this.#end(false)
    return DONE
  }

  readonly #fail = (error: unknown): never => {
    this.#end()
    throw error
  }

  readonly #cancel = (): void => {
    this.#end()
    this.#reception.supply.inbox.wake()
  }

  #end(isLeft = true): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#signal?.removeEventListener('abort', this.#cancel)
    this.#onEnd(isLeft)
  }
}
