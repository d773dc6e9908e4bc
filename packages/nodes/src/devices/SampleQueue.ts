/** Hands what arrives in events to an asynchronous consumer, one after the other, in order. */
export class SampleQueue<T> {
  /** Told once when the consumer throws; it gets nothing after that. */
  onFailure: (error: Error) => void = () => {}
  readonly #consume: (item: T) => Promise<void>
  #ready: T[] = []
  #work: Promise<void> | undefined
  #failure: Error | undefined

  constructor(consume: (item: T) => Promise<void>) {
    this.#consume = consume
  }

  add(item: T): void {
    if (this.#failure !== undefined) return
    this.#ready.push(item)
    this.#work ??= this.#run()
  }

  /** Resolves when everything was consumed. @throws what the consumer threw */
  async drained(): Promise<void> {
    while (this.#work !== undefined) await this.#work
    if (this.#failure !== undefined) throw this.#failure
  }

  async #run(): Promise<void> {
    try {
      while (this.#ready.length > 0) {
        const ready = this.#ready
        this.#ready = []
        for (const item of ready) await this.#consume(item)
      }
    } catch (error) {
      this.#failure = error as Error
      this.#ready = []
      this.onFailure(this.#failure)
    } finally {
      this.#work = undefined
    }
  }
}
