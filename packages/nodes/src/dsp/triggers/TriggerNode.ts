import { ConfigError, Node, RunFollower } from '@nodeacq/core'
import { NdArray, type ReadonlyNdArray } from '@nodeacq/ndarray'
import { z } from 'zod'
import { describeEvents, requireSignal } from '../signalInput.ts'
import { DEBOUNCE_MODES, FRONTS, TriggerKernel, type TriggerRule } from './TriggerKernel.ts'

export const triggerConfig = z.object({
  maxSize: z
    .number()
    .positive()
    .default(2)
    .describe('accepted for pyacq and ignored: no signal is kept')
    .meta({ pyacq: 'max_size' }),
  emitQtSignal: z.boolean().default(false).describe('accepted for pyacq and ignored').meta({ pyacq: 'emit_qt_signal' })
})

/** Live parameters that both triggers have. */
export const triggerParams = {
  front: z.enum(FRONTS).default('+').describe("'+': upwards through the threshold, '-': downwards"),
  debounceMode: z
    .enum(DEBOUNCE_MODES)
    .default('no-debounce')
    .describe(
      "of crossings that follow each other closely: all, the last ('after-stable'), the first ('before-stable')"
    )
    .meta({ pyacq: 'debounce_mode' }),
  debounceTime: z
    .number()
    .nonnegative()
    .default(0.01)
    .describe('how long the signal has to be quiet, in s; cut to whole samples')
    .meta({ pyacq: 'debounce_time' })
}

interface TriggerParams {
  readonly threshold: number
  readonly front: TriggerRule['front']
  readonly debounceMode: TriggerRule['mode']
  readonly debounceTime: number
}

/**
 * A node that tells where one signal crosses a threshold: input `signals`, `(samples, channels)`; output `events`, int64
 * positions `(events,)` in the samples of the input's run, in order, as pyacq sends them. The index of the output counts events.
 * New parameters hold from the next chunk on; the trigger then begins afresh, as behind a gap.
 */
export abstract class TriggerNode<Params extends TriggerParams> extends Node<z.infer<typeof triggerConfig>, Params> {
  static override readonly configSchema = triggerConfig
  static override readonly inputSpecs = { signals: {} }
  static override readonly outputSpecs = { events: { streamType: 'events', dtype: 'int64', shape: [-1] } }
  #isChanged = false
  #counters = { events: 0, undecided: 0 }

  /** The function that takes the samples to compare out of a chunk. @throws {ConfigError} */
  protected abstract _createReader(params: Readonly<Params>): (data: ReadonlyNdArray) => Float64Array
  /** The threshold as it is compared. */
  protected abstract _threshold(params: Readonly<Params>): number

  protected override _checkInputs(): void {
    requireSignal(this.input, this._subject)
    this._checkParams(this.params)
  }

  protected override _checkParams(params: Readonly<Params>): void {
    if (!this.input.isConnected) return
    this._createReader(params)
    this.#ruleOf(params)
  }

  protected override _paramsChanged(): void {
    this.#isChanged = true
  }

  protected override async _afterInputConnect(): Promise<void> {
    await describeEvents(this.output, this.input)
  }

  protected override async _initialize(): Promise<void> {
    await describeEvents(this.output, this.input)
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    let read = this._createReader(this.params)
    const kernel = new TriggerKernel(this.#ruleOf(this.params))
    this.#isChanged = false
    this.#counters = { events: 0, undecided: 0 }
    const runs = new RunFollower(this.output)
    for await (const chunk of this.input.chunks({ signal, borrow: true })) {
      if (this.#isChanged) {
        this.#isChanged = false
        read = this._createReader(this.params)
        kernel.setRule(this.#ruleOf(this.params))
      }
      if (runs.begins(chunk)) kernel.breakOff()
      const { index, data } = chunk
      kernel.process(read(data), data.length, index - data.length)
      if (kernel.found.length > 0) await this.#send(kernel)
      this.#counters.undecided = kernel.undecided
    }
    kernel.breakOff()
    this.#counters.undecided = kernel.undecided
  }

  async #send({ found }: TriggerKernel): Promise<void> {
    const positions = new BigInt64Array(found.length)
    for (let k = 0; k < positions.length; k++) positions[k] = BigInt(found.shift())
    this.#counters.events += positions.length
    await this.output.send(NdArray.fromTyped(positions), undefined, { handOver: true })
  }

  protected override _counters(): Readonly<Record<string, number>> {
    return { ...this.#counters }
  }

  #ruleOf(params: Readonly<Params>): TriggerRule {
    const { front, debounceMode: mode, debounceTime } = params
    const { sampleRate } = this.input.info
    const debounce = Math.trunc(debounceTime * sampleRate)
    if (mode !== 'no-debounce' && debounce < 1) {
      const expected = `at least one sample, ${1 / sampleRate} s, in mode '${mode}'`
      throw new ConfigError(this._subject, [`'debounceTime': expected ${expected}, got ${debounceTime}`])
    }
    return { threshold: this._threshold(params), front, mode, debounce }
  }
}
