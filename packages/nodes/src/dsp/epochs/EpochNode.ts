import { ConfigError, Node } from '@nodeacq/core'
import { parseDType } from '@nodeacq/ndarray'
import { nearestNames, readEvents, type Chunk, type StreamEvent } from '@nodeacq/stream'
import { z } from 'zod'
import { requireSignal } from '../signalInput.ts'
import { EpochCutter, type Epoch, type EpochWindow } from './EpochCutter.ts'
import { EventOrder } from './EventOrder.ts'
import { readTogether } from './readTogether.ts'
import { SignalHistory } from './SignalHistory.ts'

/** Options that every node has which cuts a signal around events. */
export const epochConfig = {
  eventsDtypeField: z
    .string()
    .nullish()
    .describe('field of structured events that holds the position; default that of the kind of event')
    .meta({ pyacq: 'events_dtype_field' }),
  eventDelay: z
    .number()
    .nonnegative()
    .default(5)
    .describe('s of signal that are kept for events that come later than it; what is older is gone')
}

interface EpochConfig {
  eventsDtypeField?: string | null | undefined
  eventDelay: number
}

/**
 * Of sources that wait, consumers run ahead of each other by what fits into their windows, whatever time that is. More than
 * these are a few such windows one behind the other.
 */
const REPLAY_LIMITS = { chunks: 4000, bytes: 128 * 1024 * 1024 }

/**
 * A node that cuts pieces out of a signal around events. Inputs `signals`, `(samples, channels)`, and `events`, `(events,)`,
 * of any kind that `readEvents` takes, whose positions count the samples of `signals`. Either may come first.
 */
export abstract class EpochNode<Config extends EpochConfig, Params extends object> extends Node<Config, Params> {
  static override readonly inputSpecs = { signals: {}, events: { shape: [-1] } }
  #history: SignalHistory | undefined
  #cutter: EpochCutter | undefined
  #counters = { gone: 0, unfinished: 0, unplaced: 0 }

  /** What is cut out around an event, in samples. */
  protected abstract _window(params: Readonly<Params>): EpochWindow
  /** Called before the first epoch, and when another window or another stack is wanted. */
  protected abstract _begin(): void
  /** Takes a piece. Pieces come in the order of their windows; sends in the same order, before it waits. */
  protected abstract _takeEpoch(epoch: Epoch & { data: NonNullable<Epoch['data']> }): Promise<void>
  /** A part of the piece around an event was not held any more. */
  protected _loseEpoch(_event: StreamEvent): void | Promise<void> {}
  /** The source of the signal began anew, and positions count from 0 again. */
  protected _startRun(): void {}
  /** Whether a piece is cut around an event. */
  protected _wants(_event: StreamEvent): boolean {
    return true
  }

  protected get sampleRate(): number {
    return this.inputs['signals']!.info.sampleRate
  }

  protected override _checkInputs(): void {
    requireSignal(this.inputs['signals']!, this._subject)
    this.#checkEvents()
    this._checkParams(this.params)
  }

  #checkEvents(): void {
    const dtype = parseDType(this.inputs['events']!.info.dtype)
    const { eventsDtypeField: field } = this.config
    if (field == null) {
      if (dtype.fields !== undefined || 'iu'.includes(dtype.kind)) return
      throw new ConfigError(this._subject, [`input 'events': expected positions or a structure, got ${dtype.name}`])
    }
    const names = dtype.fields?.map(({ name }) => name) ?? []
    if (names.includes(field)) return
    const expected = names.length === 0 ? `none, as events are ${dtype.name}` : `one of ${names.join(', ')}`
    const [near] = nearestNames(field, names)
    const hint = near === undefined ? '' : `; did you mean '${near}'?`
    throw new ConfigError(this._subject, [`'eventsDtypeField': expected ${expected}, got '${field}'${hint}`])
  }

  protected override _checkParams(params: Readonly<Params>): void {
    if (this.isConfigured && this.inputs['signals']!.isConnected) this._window(params)
  }

  protected override _initialize(): void | Promise<void> {
    this._restart()
  }

  /** Forgets the events that wait, and begins anew with the parameters as they are. */
  protected _restart(): void {
    const window = this._window(this.params)
    const delay = Math.ceil(this.config.eventDelay * this.sampleRate)
    this.#history?.keep(delay + Math.max(window.to, 0) - Math.min(window.from, 0))
    if (this.#history !== undefined) this.#cutter = new EpochCutter(this.#history, window)
    this._begin()
  }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const signals = this.inputs['signals']!
    const events = this.inputs['events']!
    const { shape, dtype, flow } = signals.info
    this.#counters = { gone: 0, unfinished: 0, unplaced: 0 }
    this.#history = new SignalHistory(shape[1]!, parseDType(dtype), flow === 'wait' ? REPLAY_LIMITS : undefined)
    this._restart()
    const order = new EventOrder()
    let run: number | undefined
    const onSignal = async (chunk: Chunk): Promise<void> => {
      if (run !== undefined && chunk.run !== run) {
        this.#forget()
        for (const event of order.startSignalRun()) this.#add(event)
      }
      run = chunk.run
      this.#history!.push(chunk.data, chunk.index)
      await this.#takeDue()
    }
    const onEvents = async (chunk: Chunk): Promise<void> => {
      for (const event of order.due(this.#read(chunk), chunk.run)) this.#add(event)
      await this.#takeDue()
    }
    await readTogether({ signals, events }, { onSignal, onEvents }, signal)
    this.#counters.unfinished += this.#cutter!.waiting + order.waiting
  }

  #add(event: StreamEvent): void {
    if (event.index < 0) this.#counters.unplaced += 1
    else if (this._wants(event)) this.#cutter!.add(event)
  }

  #read({ data }: Chunk): StreamEvent[] {
    const { eventsDtypeField: field } = this.config
    const events = readEvents(data)
    if (field == null) return events
    const positions = data.field(field)
    return events.map((event, k) => ({ ...event, index: Number(positions.get(k)) }))
  }

  async #takeDue(): Promise<void> {
    for (let epoch = this.#cutter!.next(); epoch !== undefined; epoch = this.#cutter!.next()) {
      const { event, data, missing } = epoch
      if (data === undefined) {
        this.#counters.gone += 1
        if (this.#counters.gone === 1) this.#warn(event)
        await this._loseEpoch(event)
      } else await this._takeEpoch({ event, data, missing })
    }
  }

  #warn({ index }: StreamEvent): void {
    const { eventDelay } = this.config
    this.log.warning(
      `${this._subject}: the signal around event ${index} is gone: the event came more than ${eventDelay} s after it. ` +
        `A longer 'eventDelay' keeps more; further ones are counted in its status`
    )
  }

  /** The source has begun another run, whose positions count from 0 again. */
  #forget(): void {
    this.#counters.unfinished += this.#cutter!.waiting
    this.#cutter!.clear()
    this.#history!.clear()
    this._startRun()
  }

  protected override _counters(): Readonly<Record<string, number>> {
    return { ...this.#counters, overflow: this.#cutter?.overflow ?? 0 }
  }
}
