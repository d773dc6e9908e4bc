import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NdArray } from '@nodeacq/ndarray'
import { makeEvents, OutputStream } from '@nodeacq/stream'
import { startCommand, startProcess, waitFor, type StartOptions, type TestProcess } from 'testing'
import { FileWindow } from '../src/files/mcap/FileWindow.ts'
import { readBlock } from '../src/files/mcap/sampleBlock.ts'
import { scanLog } from '../src/files/mcap/scanLog.ts'
import { OpenFile } from '../src/files/OpenFile.ts'
import { verifyLog, type LogReport } from '../src/index.ts'

const program = new URL('programs/recordLog.ts', import.meta.url)
/** By topic: a signal counts its values on, so that what is lost, doubled or moved shows. */
const SIGNALS = {
  '/x/samples': { channels: 4, Values: Int32Array },
  '/y/samples': { channels: 64, Values: Int16Array }
}
type Topic = keyof typeof SIGNALS
/** Chunks of x for one event. */
const EVENT_EVERY = 20

/** What stands in the files of a recording, one part behind the other. */
export interface Recorded {
  readonly reports: readonly LogReport[]
  /** Index behind the last sample that is there, by topic; number of the last event, plus one. */
  readonly counts: ReadonlyMap<string, number>
  /** Samples that the file says are missing. */
  readonly lost: ReadonlyMap<string, number>
}

export interface TrialOptions extends StartOptions {
  /** `wait`: nothing is sent before there is room for it; `realtime`: some, and what nobody takes in time is lost. */
  readonly flow?: 'wait' | 'realtime'
  /** ms between two chunks; default none. */
  readonly pause?: number
  /** What a shell does before it becomes the recorder, such as `ulimit -f 1000`. */
  readonly shell?: string
}

type Sources = Readonly<Record<'x' | 'y' | 'marks', OutputStream>>

/**
 * A recorder in a process of its own, which records two signals and events of this process as fast as it can. This process
 * knows what it has sent and what was acknowledged to it.
 */
export class RecorderTrial implements AsyncDisposable {
  readonly folder: string
  readonly recorder: TestProcess
  readonly #sources: Sources
  readonly #pause: number
  readonly #sending: Promise<void>
  #isStopped = false
  /** Samples of each signal, and events. */
  readonly sent = new Map<string, number>()

  private constructor(folder: string, recorder: TestProcess, sources: Sources, pause: number) {
    this.#pause = pause
    this.folder = folder
    this.recorder = recorder
    this.#sources = sources
    this.#sending = this.#send()
  }

  static async start(
    folder: string,
    options: object = {},
    { flow = 'wait', pause = 0, shell, ...process }: TrialOptions = {}
  ): Promise<RecorderTrial> {
    // So little that a recorder that stands still loses some where nobody waits for it.
    const retention = { bytes: flow === 'wait' ? 256e6 : 4e6 }
    const sources = {
      x: new OutputStream({ dtype: 'int32', shape: [-1, 4], sampleRate: 10_000, flow, retention }),
      y: new OutputStream({ dtype: 'int16', shape: [-1, 64], sampleRate: 30_000, flow, retention }),
      marks: new OutputStream({ streamType: 'event', dtype: makeEvents([]).dtype, shape: [-1], flow })
    }
    for (const source of Object.values(sources)) {
      await source.configure()
      source.startRun()
    }
    const params = Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, source.params]))
    const order = [JSON.stringify({ file: join(folder, 'session.mcap'), ...options }), JSON.stringify(params)]
    return new RecorderTrial(folder, await startRecorder(order, shell, process), sources, pause)
  }

  /** Samples of each stream, by topic, that are in the file for certain. */
  get acknowledged(): ReadonlyMap<string, number> {
    const of = (name: 'x' | 'y' | 'marks') => this.#sources[name].status().acknowledged[`disk.${name}`]?.index ?? 0
    return new Map([
      ['/x/samples', of('x')],
      ['/y/samples', of('y')],
      ['/marks/events', of('marks')]
    ])
  }

  /** Kills the recorder. @returns what had been acknowledged */
  async kill(): Promise<ReadonlyMap<string, number>> {
    this.recorder.kill('SIGKILL')
    await this.recorder.exited
    this.#isStopped = true
    const acknowledged = this.acknowledged
    await this.#sending
    return acknowledged
  }

  /** No more is sent; the streams end. */
  async endStreams(): Promise<void> {
    this.#isStopped = true
    await this.#sending
    for (const source of Object.values(this.#sources)) await source.endRun()
  }

  /** Files of the recording, in order. */
  async parts(): Promise<string[]> {
    const names = (await readdir(this.folder)).filter((name) => /^session(_part-\d+)?\.mcap$/.test(name))
    return names.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1)).map((name) => join(this.folder, name))
  }

  /** All that is recorded; every sample is the right one, and there once. */
  async recorded(): Promise<Recorded> {
    return await readParts(await this.parts())
  }

  async #send(): Promise<void> {
    const { x, y, marks } = this.#sources
    const ended = this.recorder.exited
    // What was sent before anybody was there to wait for would be gone, and said so.
    const isConnected = () => [x, y, marks].every((source) => source.status().consumers.length > 0)
    await waitFor(() => this.#isStopped || this.recorder.end !== undefined || isConnected(), { timeout: 60_000 })
    for (let [at, n] = [0, 0]; !this.#isStopped && this.recorder.end === undefined; n++) {
      const samples = 1 + ((n * 7919) % 3000)
      const end = at + samples
      const sent = [
        x.send(signal('/x/samples', at, samples), end, { handOver: true }),
        y.send(signal('/y/samples', at, samples), end, { handOver: true }),
        ...(n % EVENT_EVERY === 0 ? [marks.send(makeEvents([{ index: at, value: n / EVENT_EVERY }]))] : [])
      ]
      await Promise.race([Promise.all(sent), ended])
      if (this.recorder.end !== undefined) return
      at = end
      this.sent
        .set('/x/samples', at)
        .set('/y/samples', at)
        .set('/marks/events', Math.ceil((n + 1) / EVENT_EVERY))
      if (this.#pause > 0) await sleep(this.#pause)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true
    await this.recorder[Symbol.asyncDispose]()
    await this.#sending
    for (const source of Object.values(this.#sources)) await source.close()
  }
}

async function startRecorder(
  order: readonly string[],
  shell: string | undefined,
  options: StartOptions
): Promise<TestProcess> {
  if (shell === undefined) return await startProcess(program, order, options)
  const command = [process.execPath, '--conditions=nodeacq-source', program.pathname, ...order]
  return await startCommand('sh', ['-c', `${shell}; exec "$0" "$@"`, ...command], options)
}

function signal(topic: Topic, from: number, samples: number): NdArray {
  const { channels, Values } = SIGNALS[topic]
  const values = new Values(samples * channels)
  for (let k = 0; k < values.length; k++) values[k] = from * channels + k
  return NdArray.fromTyped(values, [samples, channels])
}

async function readParts(paths: readonly string[]): Promise<Recorded> {
  const reports: LogReport[] = []
  const counts = new Map<string, number>()
  const lost = new Map<string, number>()
  for (const path of paths) {
    reports.push(await verifyLog(path))
    const file = await OpenFile.open(path)
    const topics = new Map<number, string>()
    for await (const item of scanLog(new FileWindow(file))) {
      if (item.kind !== 'chunk') continue
      for (const { id, topic } of item.channels) topics.set(id, topic)
      for (const { channelId, data } of item.messages) {
        const topic = topics.get(channelId)!
        const next = counts.get(topic) ?? 0
        if (topic === '/nodeacq/gaps') {
          const gap = JSON.parse(data.toString()) as { stream: string; from: number; to: number }
          assert.equal(gap.from, counts.get(gap.stream) ?? 0, `${path} gap in ${gap.stream}`)
          counts.set(gap.stream, gap.to)
          lost.set(gap.stream, (lost.get(gap.stream) ?? 0) + gap.to - gap.from)
        }
        if (topic.startsWith('/nodeacq/')) continue
        const block = readBlock(data)
        const place = block?.index ?? (JSON.parse(data.toString()) as { value: number }).value
        assert.equal(place, next, `${path} ${topic}`)
        counts.set(topic, next + (block?.count ?? 1))
        const isRight = block === undefined || block.data.equals(signal(topic as Topic, next, block.count).bytes())
        assert.ok(isRight, `${path} ${topic} from ${next}`)
      }
    }
    await file.close()
  }
  return { reports, counts, lost }
}
