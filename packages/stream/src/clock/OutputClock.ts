import { monotonicNow, toMonotonic } from '../delivery/clock.ts'
import type { SideMessage } from '../side/messages.ts'
import type { ClockPiece } from './ClockPieces.ts'
import { checkDeviceTime, DEFAULT_UNCERTAINTY, DeviceClock, Unwrapper } from './DeviceClock.ts'
import type { DeviceTimeOptions } from './DeviceClock.ts'
import { FEWEST_MARKS } from './fitEnvelope.ts'
import { RunClocks } from './RunClocks.ts'
import type { RunClock } from './RunClocks.ts'
import { SampleClock } from './SampleClock.ts'
import type { StreamClockSource } from './StreamClock.ts'

/** ms between two marks of a device's clock that are taken in. */
const DEVICE_INTERVAL = 50

class MeasuredRun implements RunClock {
  readonly sample = new SampleClock()
  readonly device = new DeviceClock()
  marks = 0

  get pieces(): SampleClock['pieces'] {
    return this.sample.pieces
  }
}

/** The output's half of a stream's clock: it measures, and tells inputs what it has found. */
export class OutputClock implements StreamClockSource {
  readonly #tell: (message: SideMessage) => void
  readonly #runs = new RunClocks(() => new MeasuredRun())
  readonly #unwrapper = new Unwrapper()
  #current = this.#runs.open(0)
  #run = 0
  #nextDevice = -Infinity
  /** Pieces up to here have not changed since inputs were told. */
  #told = 0

  /** Hz, as the stream says; 0 for streams without a regular rate or an index that counts: they have no clock. */
  sampleRate = 0

  constructor(tell: (message: SideMessage) => void) {
    this.#tell = tell
  }

  get run(): number {
    return this.#run
  }

  clockOf(run: number): RunClock | undefined {
    return this.#runs.get(run)
  }

  startRun(run: number): void {
    this.#run = run
    this.#told = 0
    this.#nextDevice = -Infinity
    this.#current = this.#runs.open(run)
  }

  /** The last sample of a chunk was sent at `at`, ms of `performance.now()`. */
  mark(index: number, at: number): void {
    if (this.sampleRate === 0) return
    const { sample } = this.#current
    sample.mark(index - 1, toMonotonic(at))
    this.#current.marks += 1
    if (this.#current.marks === FEWEST_MARKS || this.#current.marks === 2 * FEWEST_MARKS) this.announce()
  }

  hole(from: number, to: number): void {
    if (this.sampleRate > 0) this.#current.sample.hole(from, to, 1000 / this.sampleRate)
  }

  /** The device's clock showed `time` (ms) at sample `index`. @throws {SpecError} */
  markDevice(index: number, time: number, options: DeviceTimeOptions, subject: string): void {
    checkDeviceTime(index, time, options, subject)
    const { uncertainty = DEFAULT_UNCERTAINTY, wrap } = options
    const now = monotonicNow()
    if (now < this.#nextDevice) return
    this.#nextDevice = now + DEVICE_INTERVAL
    const unwrapped = wrap === undefined ? time : this.#unwrapper.unwrap(time, wrap, now)
    this.#current.device.mark({ index, time: unwrapped, uncertainty })
    this.#tell({ kind: 'device', run: this.#run, index, time: unwrapped, uncertainty })
  }

  /** Tells what has changed since the last time. */
  announce(): void {
    const { all } = this.#current.pieces
    const pieces = all.filter(({ from }) => from >= this.#told).map(toTuple)
    if (pieces.length === 0) return
    this.#told = all.at(-1)?.from ?? 0
    this.#tell({ kind: 'clock', run: this.#run, pieces })
  }

  /** Everything that is known of `run` and later ones, for an input that comes now. */
  *messages(from: number): Iterable<SideMessage> {
    for (const [run, { pieces, device }] of this.#runs.from(from)) {
      if (pieces.all.length > 0) yield { kind: 'clock', run, pieces: pieces.all.map(toTuple) }
      if (device.newest) yield { kind: 'device', run, ...device.newest }
    }
  }
}

/** A piece as it travels. */
export type PieceTuple = readonly number[]

function toTuple({ from, index, time, period, uncertainty, first, last }: ClockPiece): PieceTuple {
  return [from, index, time, period, uncertainty, first, last]
}

export function fromTuple(tuple: PieceTuple): ClockPiece {
  const [from = 0, index = 0, time = 0, period = 0, uncertainty = 0, first = 0, last = 0] = tuple
  return { from, index, time, period, uncertainty, first, last }
}
