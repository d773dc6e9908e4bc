import { isDeepStrictEqual } from 'node:util'
import type { LogRecord } from '@nodeacq/rpc'
import { within, type GroupLink } from '../links.ts'
import type { NodeGroup } from '../NodeGroup.ts'
import type { RecordNote, RecordStatus } from './RecordControl.ts'

type Values = Readonly<Record<string, unknown>>

/** From this level on a record of the log is told to recordings: warnings. */
const LEVEL = 30
/** Notes that may wait for a recorder that does not answer. */
const LIMIT = 1000
/** ms that a recorder may take for some of them. */
const SEND_TIME = 10_000

/**
 * Tells the recordings that run what happens in the graph: changes of parameters, warnings and errors. They go the way that
 * annotations go, on the connections that are there, in order, as many at once as have gathered.
 */
export class RecordNotes {
  readonly #groups: ReadonlyMap<string, Pick<GroupLink, 'group'>>
  /** Group of each recorder that records. */
  readonly #recording = new Map<string, string>()
  #waiting: RecordNote[] = []
  #leftOut = 0
  #sending: Promise<void> | undefined

  constructor(groups: ReadonlyMap<string, Pick<GroupLink, 'group'>>) {
    this.#groups = groups
  }

  /** A recorder is in another state. */
  recorderChanged(node: string, group: string, { state }: RecordStatus): void {
    if (state === 'recording') this.#recording.set(node, group)
    // What happens while it closes may still have its place.
    else if (state !== 'closing') this.#recording.delete(node)
  }

  /** @param time ms since 1970, UTC */
  paramsChanged(node: string, { time, ...change }: { time: number; old: Values; new: Values }): void {
    const names = new Set([...Object.keys(change.old), ...Object.keys(change.new)])
    const params = [...names].filter((name) => !isDeepStrictEqual(change.old[name], change.new[name]))
    if (params.length === 0) return
    const pick = (values: Values): Values => Object.fromEntries(params.map((name) => [name, values[name]]))
    this.#add({ kind: 'params', node, params, old: pick(change.old), new: pick(change.new), time })
  }

  logged(record: LogRecord): void {
    if (record.levelno < LEVEL) return
    const { levelname, name, msg, exc_text: error, host_name: host, process_name: process, created } = record
    const text = { level: levelname.toLowerCase(), logger: name, message: msg, ...(error && { error }) }
    this.#add({ kind: 'log', ...text, host, process, time: created * 1000 })
  }

  /** Resolves when everything that was told up to now has arrived, or cannot. */
  async sent(): Promise<void> {
    while (this.#sending !== undefined) await this.#sending
  }

  #add(note: RecordNote): void {
    if (this.#recording.size === 0) return
    if (this.#waiting.length >= LIMIT) this.#leftOut += 1
    else this.#waiting.push(note)
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined))
  }

  async #send(): Promise<void> {
    // What comes in one go travels together.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const notes = this.#waiting
      this.#waiting = []
      if (this.#leftOut > 0) notes.push(leftOut(this.#leftOut))
      this.#leftOut = 0
      const recorders = [...this.#recording]
      // Of a recorder that fails its own state tells; a warning would come back here.
      await Promise.allSettled(recorders.map(([node, group]) => this.#sendTo(node, group, notes)))
    }
  }

  async #sendTo(node: string, group: string, notes: readonly RecordNote[]): Promise<void> {
    const link = this.#groups.get(group)
    // The methods of a group are the same on the object and on its proxy.
    if (link) await (within(SEND_TIME, link.group) as unknown as NodeGroup).noteRecording(node, notes)
  }
}

function leftOut(count: number): RecordNote {
  const message = `${count} warnings, errors or changes of parameters were left out of the recording: there were too many`
  return { kind: 'log', level: 'warning', logger: 'nodeacq.Manager', message, host: '', process: '', time: Date.now() }
}
