import { Worker } from 'node:worker_threads'
import { NodeError } from '@nodeacq/core'
import type { FromWorker, ToWorker } from './mapJobs.ts'
import type { MorletShape } from './MorletMap.ts'
import type { TimeFreqPlan } from './timeFreqPlan.ts'

/** The work of one worker: which channels, and the memory that goes to and fro. */
interface Share {
  readonly worker: Worker
  readonly channels: readonly number[]
  readonly segments: Float32Array<SharedArrayBuffer>
  readonly maps: Float32Array<SharedArrayBuffer>
}

export interface MapRequest {
  readonly plan: TimeFreqPlan
  readonly shape: MorletShape
  readonly channels: readonly number[]
  readonly engine: string | null
}

/**
 * Spreads the maps of many channels over worker threads.
 *
 * ```
 *              ┌─ worker 0: channels 0, 2, 4 ─┐
 *   segments ──┤                              ├──► maps (channels, columns, frequencies)
 *              └─ worker 1: channels 1, 3, 5 ─┘
 * ```
 */
export class MapWorkers {
  readonly #workers: readonly Worker[]
  #request: MapRequest | undefined
  #shares: readonly Share[] = []
  #job = 0
  #isClosed = false
  readonly #exits: readonly Promise<void>[]
  #fail: (error: Error) => void = () => undefined
  #left = 0
  #finish: () => void = () => undefined

  constructor(count: number) {
    const fromSource = import.meta.url.endsWith('.ts')
    const program = new URL(fromSource ? './mapWorker.ts' : './mapWorker.js', import.meta.url)
    this.#workers = Array.from({ length: count }, () => new Worker(program))
    this.#exits = this.#workers.map((worker) => this.#watch(worker))
  }

  #watch(worker: Worker): Promise<void> {
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'failed') this.#fail(new NodeError(`time–frequency worker: ${message.message}`))
      else if (message.job === this.#job && --this.#left === 0) this.#finish()
    })
    worker.on('error', (error) => this.#fail(new NodeError('time–frequency worker failed', { cause: error })))
    return new Promise((resolve) => {
      worker.on('exit', () => {
        if (!this.#isClosed) this.#fail(new NodeError('time–frequency worker ended by itself'))
        resolve()
      })
    })
  }

  /** What the next maps are to be. */
  plan(request: MapRequest): void {
    this.#request = request
    const { plan, shape, channels, engine } = request
    const used = this.#workers.slice(0, Math.max(1, Math.min(this.#workers.length, channels.length)))
    this.#shares = used.map((worker, at) => {
      const own = channels.filter((_, k) => k % used.length === at)
      const map = plan.columns * plan.frequencies.length
      post(worker, { kind: 'plan', plan, shape, engine })
      return {
        worker,
        channels: own,
        segments: new Float32Array(new SharedArrayBuffer(4 * own.length * plan.segment)),
        maps: new Float32Array(new SharedArrayBuffer(4 * own.length * map))
      }
    })
  }

  /**
   * Computes one map per channel. One call at a time.
   * @param copySegment writes the newest samples of a channel
   * @returns `(channels, columns, frequencies)`, the caller's own
   * @throws NodeError when a worker failed
   */
  async compute(copySegment: (channel: number, target: Float32Array) => void): Promise<Float32Array> {
    const { plan, channels } = this.#request!
    const shares = this.#shares
    const job = ++this.#job
    this.#left = shares.length
    await new Promise<void>((resolve, reject) => {
      this.#finish = resolve
      this.#fail = reject
      for (const { worker, channels: own, segments, maps } of shares) {
        for (const [k, channel] of own.entries()) {
          copySegment(channel, segments.subarray(k * plan.segment, (k + 1) * plan.segment))
        }
        post(worker, { kind: 'job', job, segments: segments.buffer, maps: maps.buffer })
      }
    })
    const size = plan.columns * plan.frequencies.length
    const result = new Float32Array(channels.length * size)
    for (const [at, { channels: own, maps }] of shares.entries()) {
      // Channel k of the request is the (k / shares)-th of its share.
      for (const k of own.keys()) result.set(maps.subarray(k * size, (k + 1) * size), (k * shares.length + at) * size)
    }
    return result
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const worker of this.#workers) post(worker, { kind: 'close' })
    await Promise.all(this.#exits)
    this.#fail(new NodeError('time–frequency workers were closed'))
  }
}

function post(worker: Worker, message: ToWorker): void {
  worker.postMessage(message)
}
