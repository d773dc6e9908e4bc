import type { Chunk, OutputStream } from '@nodeacq/stream'

/** Lets outputs begin a new run where their input does: a source that started again may not have ended the run before. */
export class RunFollower {
  readonly #outputs: readonly OutputStream[]
  #run: number | undefined

  constructor(...outputs: readonly OutputStream[]) {
    this.#outputs = outputs
  }

  /** Call it with each chunk before anything is sent. True for the first chunk of each run. */
  begins({ run }: Pick<Chunk, 'run'>): boolean {
    if (run === this.#run) return false
    if (this.#run !== undefined) for (const output of this.#outputs) output.startRun()
    this.#run = run
    return true
  }
}
