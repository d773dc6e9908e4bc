import { addressOf, forwardRecord, getLogger, isRemote, onLogRecord, type ExitReport } from '@nodeacq/rpc'
import { EventLog, type Logged } from './EventLog.ts'
import { describeExit, type HostEvent } from './Host.ts'
import { isAlive, regainGroup, within, type GroupLink, type HostLink } from './links.ts'
import type { GroupEvent } from './NodeGroup.ts'
import type { RecordStatus } from './recording/RecordControl.ts'
import { RecordNotes } from './recording/RecordNotes.ts'
import { describeStall } from './StallWatch.ts'

export type ManagerEventKind =
  | 'nodeFailed'
  | 'nodeState'
  | 'paramsChanged'
  | 'recordState'
  | 'edgeStalled'
  | 'edgeRecovered'
  | 'groupDied'
  | 'groupClosed'
  | 'hostLost'

export interface ManagerEvent {
  readonly kind: ManagerEventKind
  readonly host?: string
  readonly group?: string
  readonly node?: string
  readonly message: string
  readonly exit?: ExitReport
  /** All live parameters of the node, as they are after the change. */
  readonly params?: Readonly<Record<string, unknown>>
  /** The recording of the node. */
  readonly recording?: RecordStatus
  /** Of an edge: `node.output`, `node.input`, and how long it brought no data, ms. */
  readonly from?: string
  readonly to?: string
  readonly stalledMs?: number
}

const log = getLogger('nodeacq.Manager')
/** How long one question for events waits on the other side, ms. */
const POLL = 10_000
/** Between attempts to reach a group again, ms. */
const RETRY = 200

/**
 * Asks every host and group for what happened there, on the connections the manager opened, and keeps it as the
 * manager's own events. One question is always on its way, so an event arrives as soon as it happens.
 */
export class Watch {
  readonly events = new EventLog<ManagerEvent>()
  /** What recordings are told of it. */
  readonly notes: RecordNotes
  readonly #groups: ReadonlyMap<string, GroupLink>
  readonly #stopListening: () => void
  #closed = false

  constructor(groups: ReadonlyMap<string, GroupLink>) {
    this.#groups = groups
    this.notes = new RecordNotes(groups)
    this.#stopListening = onLogRecord((record) => this.notes.logged(record))
  }

  /** Follows a host until it is lost, forgotten (`isCurrent` says no) or everything is closed. */
  async host(link: HostLink, isCurrent: () => boolean): Promise<void> {
    // What happened there before is no concern of this manager.
    let since: number | undefined
    while (!this.#closed && isCurrent()) {
      let answer: { next: number; events: Logged<HostEvent>[] }
      try {
        answer = await within(POLL + 5000, link.host).events(since ?? 0, { timeout: since === undefined ? 0 : POLL })
      } catch (error) {
        if (isTimeout(error)) continue // busy, not gone
        if (!this.#closed && isCurrent()) this.#hostLost(link, error)
        return
      }
      const isFirst = since === undefined
      since = answer.next
      for (const event of isFirst ? [] : answer.events) {
        if (event.kind === 'log') forwardRecord(event.record)
        else this.#groupExited(link, event)
      }
    }
  }

  /** Follows a group until it ends; of its death its host knows more. */
  async group(link: GroupLink): Promise<void> {
    for (let since = 0; !this.#closed && isAlive(link);) {
      let answer: { next: number; events: Logged<GroupEvent>[] }
      try {
        answer = await within(POLL + 5000, link.group).events(since, { timeout: POLL })
      } catch (error) {
        if (isTimeout(error) || (await this.#regain(link))) continue
        return
      }
      since = answer.next
      const place = { host: link.hostName, group: link.name }
      for (const event of answer.events) {
        this.#tellRecordings(event, link.name)
        this.events.append({ ...place, ...eventOf(event) })
      }
    }
  }

  #tellRecordings(event: Logged<GroupEvent>, group: string): void {
    if (event.kind === 'recordState') this.notes.recorderChanged(event.node, group, event.recording)
    if (event.kind !== 'paramsChanged') return
    this.notes.paramsChanged(event.node, { time: event.at, old: event.old, new: event.params })
  }

  /** False when the group is gone; its host says so. The script's own group cannot be lost. */
  async #regain(link: GroupLink): Promise<boolean> {
    if (!isRemote(link.group)) return false
    while (!this.#closed && isAlive(link)) {
      try {
        link.group = await regainGroup(addressOf(link.group))
        log.warning(`the connection to node group '${link.name}' was lost and is back`)
        return true
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY))
      }
    }
    return false
  }

  /** Ends every question and lets the readers of `events` go. */
  close(): void {
    this.#closed = true
    this.#stopListening()
    this.events.close()
  }

  #groupExited(host: HostLink, event: HostEvent & { kind: 'groupExited' }): void {
    const link = this.#groups.get(event.group)
    if (!link || link.hostName !== host.name || !isAlive(link)) return
    link.exit = event.exit
    link.state = event.expected ? 'closed' : 'dead'
    this.events.append({
      kind: event.expected ? 'groupClosed' : 'groupDied',
      host: host.name,
      group: link.name,
      message: `node group '${link.name}' ${event.expected ? 'was closed' : `died: ${describeExit(event.exit)}`}`,
      exit: event.exit
    })
  }

  #hostLost(link: HostLink, error: unknown): void {
    link.state = 'lost'
    const message = `host '${link.name}' (${link.address}) is lost: ${(error as Error).message}`
    log.error(message)
    this.events.append({ kind: 'hostLost', host: link.name, message })
    for (const group of this.#groups.values()) {
      if (group.hostName !== link.name || !isAlive(group)) continue
      group.state = 'dead'
      this.events.append({
        kind: 'groupDied',
        host: link.name,
        group: group.name,
        message: `node group '${group.name}' is lost with its host '${link.name}'`
      })
    }
  }
}

/** What a group says, as the manager says it. */
function eventOf(event: Logged<GroupEvent>): ManagerEvent {
  const { kind, node } = event
  if (kind === 'nodeState') return { kind, node, message: event.state }
  if (kind === 'nodeFailed') return { kind, node, message: `${event.failure.name}: ${event.failure.message}` }
  if (kind === 'paramsChanged') return { kind, node, params: event.params, message: 'its parameters changed' }
  if (kind === 'recordState')
    return { kind, node, recording: event.recording, message: describeRecording(event.recording) }
  const { from, to, stalledMs } = event
  return { kind, node, from, to, stalledMs, message: describeStall(event) }
}

function describeRecording({ state, file, error }: RecordStatus): string {
  return `${state}${file === null ? '' : ` ${file}`}${error === null ? '' : `: ${error}`}`
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'RpcTimeoutError'
}
