import { setTimeout as sleep } from 'node:timers/promises'
import { RecordError } from '../errors.ts'
import { within, type GroupLink } from '../links.ts'
import type { NodeGroup } from '../NodeGroup.ts'
import type { ManagerStatus } from '../status.ts'
import type { RecordState, RecordStatus } from './RecordControl.ts'

/** How a recording is started. */
export interface StartRecordingOptions {
  /** Why it shall start although the contract is not met; the reason is kept in the recording. */
  readonly override?: string
  /** What the recording shall say of itself. */
  readonly notes?: Readonly<Record<string, string>>
}

/** One recorder of the graph, and the recording it makes or made last. */
export interface RecorderStatus extends RecordStatus {
  readonly node: string
  readonly group: string
  readonly host: string
}

/** What stands in the way of a recording, one sentence each. */
export type RecordContract = () => Promise<readonly string[]>

/** What the recordings of a graph need of its manager. */
export interface RecordingsContext {
  readonly status: () => Promise<ManagerStatus>
  readonly groups: ReadonlyMap<string, Pick<GroupLink, 'group'>>
  readonly contract: RecordContract | undefined
}

/** ms that one step of a recorder may take; making a file on a disk that sleeps takes seconds. */
const STEP_TIME = 30_000
/** ms between two looks at recordings that close. */
const LOOK = 100
const BUSY: readonly RecordState[] = ['preparing', 'prepared', 'recording', 'closing']

/** Starts and stops recordings of all recorders of a graph together. One call at a time. */
export class Recordings {
  readonly #context: RecordingsContext
  /** As each recorder was seen last. */
  readonly #known = new Map<string, RecorderStatus>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(context: RecordingsContext) {
    this.#context = context
  }

  /** The recorders in the order of the status, and those whose process is gone or does not answer, as failed. */
  async status(): Promise<RecorderStatus[]> {
    const { nodes, groups } = await this.#context.status()
    const found = nodes.flatMap(({ name, group, host, recording }) =>
      recording === undefined ? [] : [{ node: name, group, host, ...recording }]
    )
    for (const recorder of found) this.#known.set(recorder.node, recorder)
    const lost = [...this.#known.values()].flatMap((recorder): RecorderStatus[] => {
      const state = groups.find(({ name }) => name === recorder.group)?.state
      if (state !== 'dead' && state !== 'unresponsive') return []
      const was = recorder.state === 'recording' ? ' while it recorded' : ''
      const error = state === 'dead' ? `its process died${was}` : 'its process does not answer'
      return [{ ...recorder, state: 'failed', error }]
    })
    return [...found, ...lost]
  }

  /**
   * Prepares every recorder that is idle, and begins when all of them are ready; if one cannot, none does.
   * @throws {RecordError} naming each that cannot, and what of the contract is not met.
   */
  start(options: StartRecordingOptions = {}): Promise<RecorderStatus[]> {
    return this.#next(() => this.#start(options))
  }

  /**
   * Ends the recording of every recorder; what was only prepared is taken back.
   * @param wait until the files are closed and checked; default yes. @throws {RecordError} when nothing is recorded.
   */
  stop({ wait = true }: { wait?: boolean } = {}): Promise<RecorderStatus[]> {
    return this.#next(() => this.#stop(wait))
  }

  /** Puts an event into every recording that runs. @throws {RecordError} when none does, or one cannot. */
  async annotate(text: string, { time = Date.now() }: { time?: number } = {}): Promise<RecorderStatus[]> {
    if (typeof text !== 'string' || text.trim() === '') throw new RecordError('an annotation must be text, got nothing')
    const running = (await this.status()).filter(({ state }) => state === 'recording')
    if (running.length === 0) throw new RecordError('nothing is recorded, so nothing can be annotated')
    await this.#all('annotate', running, async (group, node) => await group.annotate(node, { text, time }))
    return running
  }

  async #start({ override, notes = {} }: StartRecordingOptions): Promise<RecorderStatus[]> {
    if (override !== undefined && override.trim() === '') {
      throw new RecordError('an override needs a reason, which the recording keeps')
    }
    const recorders = await this.status()
    if (recorders.length === 0) throw new RecordError('the graph has no recorder that runs')
    const lost = recorders.filter(({ node, state }) => state === 'failed' && this.#known.get(node)?.state !== 'failed')
    if (lost.length > 0) throw new RecordError(lost.map(({ node, error }) => `${node}: ${error}`).join('\n'))
    const idle = recorders.filter(({ state }) => !BUSY.includes(state))
    if (idle.length === 0)
      throw new RecordError(`everything is recorded already: ${recorders.map(describe).join(', ')}`)
    const unmet = (await this.#context.contract?.()) ?? []
    if (unmet.length > 0 && override === undefined) {
      throw new RecordError(unmet.join('\n'), { unmet })
    }
    const reasons: Record<string, string> = unmet.length > 0 ? { override: override!, unmet: unmet.join('\n') } : {}
    const wanted = { notes: { ...notes, ...reasons } }
    try {
      await this.#all('prepare', idle, async (group, node) => await group.prepareRecording(node, wanted))
      await this.#all('begin', idle, async (group, node) => await group.beginRecording(node))
    } catch (error) {
      await this.#takeBack(idle)
      throw error
    }
    const names = new Set(idle.map(({ node }) => node))
    if (unmet.length > 0) await this.annotate(`started although the contract was not met: ${override}`)
    return (await this.status()).filter(({ node }) => names.has(node))
  }

  /** Nothing of a start that failed is left: what was prepared is removed, and what had begun already ended. */
  async #takeBack(recorders: readonly RecorderStatus[]): Promise<void> {
    const now = await this.status()
    for (const { node, group } of recorders) {
      const state = now.find((each) => each.node === node)?.state
      const owner = this.#group(group)
      const undo = state === 'recording' ? owner.endRecording(node) : owner.cancelRecording(node)
      await Promise.resolve(undo).catch(() => undefined)
    }
  }

  async #stop(wait: boolean): Promise<RecorderStatus[]> {
    const wasOpen = ({ node }: RecorderStatus): boolean => BUSY.includes(this.#known.get(node)?.state ?? 'idle')
    const open = (await this.status()).filter(wasOpen)
    if (open.length === 0) throw new RecordError('nothing is recorded')
    const waiting = open.filter(({ state }) => state === 'prepared')
    await this.#all('cancel', waiting, async (group, node) => await group.cancelRecording(node))
    const recording = open.filter(({ state }) => state === 'recording')
    await this.#all('end', recording, async (group, node) => await group.endRecording(node))
    const names = new Set(open.map(({ node }) => node))
    for (;;) {
      const now = (await this.status()).filter(({ node }) => names.has(node))
      if (!wait || !now.some(({ state }) => state === 'closing' || state === 'recording')) return now
      await sleep(LOOK)
    }
  }

  /** All at once; every one that cannot is named. */
  async #all(
    what: string,
    recorders: readonly RecorderStatus[],
    step: (group: NodeGroup, node: string) => Promise<void>
  ): Promise<void> {
    const results = await Promise.allSettled(recorders.map(({ node, group }) => step(this.#group(group), node)))
    const problems = results.flatMap((result, k) =>
      result.status === 'rejected' ? [`${recorders[k]!.node} cannot ${what}: ${(result.reason as Error).message}`] : []
    )
    if (problems.length > 0) throw new RecordError(problems.join('\n'))
  }

  /** The methods of a group are the same on the object and on its proxy. */
  #group(name: string): NodeGroup {
    return within(STEP_TIME, this.#context.groups.get(name)!.group) as unknown as NodeGroup
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.catch(() => undefined)
    return result
  }
}

function describe({ node, state, file }: RecorderStatus): string {
  return `${node} is ${state} (${file})`
}
