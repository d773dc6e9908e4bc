import type { Block, SignalProcess } from './SignalProcess.ts'

/** Processes one after the other, as one. None but the last may owe anything at the end. */
export class SequenceProcess implements SignalProcess {
  readonly #steps: readonly SignalProcess[]

  constructor(steps: readonly SignalProcess[]) {
    this.#steps = steps
  }

  get nonFiniteSamples(): number {
    return this.#steps[0]?.nonFiniteSamples ?? 0
  }

  push(input: Block): Block | undefined {
    let block: Block | undefined = input
    for (const step of this.#steps) block &&= step.push(block)
    return block
  }

  reset(start: number): void {
    let index = start
    for (const step of this.#steps) {
      step.reset(index)
      index = step.outputIndexOf?.(index) ?? index
    }
  }

  flush(): Block | undefined {
    return this.#steps.at(-1)?.flush?.()
  }

  outputIndexOf(index: number): number {
    return this.#steps.reduce((place, step) => step.outputIndexOf?.(place) ?? place, index)
  }
}
