import { NdArray } from '@nodeacq/ndarray'
import { OutputStream, makeEvents, EVENT_DTYPE, type OutputOptions } from '@nodeacq/stream'
import { waitFor } from 'testing'
import { Oscilloscope } from '../src/index.ts'

export interface RigOptions {
  readonly channels?: number
  readonly sampleRate?: number
  readonly dtype?: 'int16' | 'float32'
  readonly output?: OutputOptions
  readonly configure?: Record<string, unknown>
  readonly params?: Record<string, unknown>
  /** Of the oscilloscope. */
  readonly name?: string
}

/** A signal of which every value tells what it is: a slow ramp on each channel, with its number in thousands. */
export function valueAt(index: number, channel: number): number {
  return (index % 200) + 1000 * channel
}

/** A source that sends what it is told to, and an oscilloscope that shows it. */
export class ScopeRig implements AsyncDisposable {
  readonly output: OutputStream
  readonly events: OutputStream
  readonly scope: Oscilloscope
  readonly channels: number
  readonly #dtype: 'int16' | 'float32'
  index = 0

  private constructor(scope: Oscilloscope, { channels = 3, sampleRate = 1000, dtype = 'float32', output }: RigOptions) {
    this.channels = channels
    this.#dtype = dtype
    this.scope = scope
    const spec = { dtype, shape: [-1, channels], sampleRate, units: 'uV', ...output }
    this.output = new OutputStream(spec, { node: 'amp', name: 'signals' })
    this.events = new OutputStream(
      {
        dtype: EVENT_DTYPE.map((field) => [...field]),
        shape: [-1],
        streamType: 'event',
        sampleRate,
        eventsOf: 'amp.signals'
      },
      { node: 'amp', name: 'events' }
    )
  }

  static async start(options: RigOptions = {}): Promise<ScopeRig> {
    const rig = new ScopeRig(new Oscilloscope({ name: options.name ?? 'scope' }), options)
    const { scope, output, events } = rig
    await output.configure()
    await events.configure()
    await scope.configure(options.configure)
    await scope.inputs['signals']!.connect(output)
    await scope.inputs['events']!.connect(events)
    await scope.setParams(options.params ?? {})
    await scope.initialize()
    await scope.start()
    return rig
  }

  /** Sends the next samples and waits until the oscilloscope has them. */
  async send(samples: number, value = valueAt): Promise<void> {
    const values = Array.from({ length: samples * this.channels }, (_, k) =>
      value(this.index + Math.floor(k / this.channels), k % this.channels)
    )
    this.index += samples
    const typed = this.#dtype === 'int16' ? Int16Array.from(values) : Float32Array.from(values)
    await this.output.send(NdArray.fromTyped(typed, [samples, this.channels]), this.index)
    await waitFor(() => this.scope.inputs['signals']!.status().next === this.index)
  }

  /** The device has missed some samples. */
  skip(samples: number): void {
    this.index += samples
  }

  async tell(index: number, label: string): Promise<void> {
    await this.events.send(makeEvents([{ index, label }]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scope[Symbol.asyncDispose]()
    await this.output.close()
    await this.events.close()
  }
}
