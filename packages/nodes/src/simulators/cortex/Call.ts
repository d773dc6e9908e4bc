import type { CortexModel } from './CortexModel.ts'
import { dateTime } from './CortexModel.ts'
import type { LiveSession } from './LiveSession.ts'
import type { CallParams } from './params.ts'
import { Refusal } from './Refusal.ts'
import type { SimulatedHeadset } from './headsets.ts'

/** s of each kind of work that takes its time. */
export interface Durations {
  readonly scan: number
  readonly connect: number
  readonly training: number
}

/** What a call can do: the model that all clients share, and the client that calls. */
export interface Call {
  readonly model: CortexModel
  readonly client: ClientState
  readonly durations: Durations
  /** Tells who watches the calls. @throws {Refusal} when the call was asked to fail. */
  readonly note: (method: string, params: unknown) => void
  /** A warning for every client. */
  readonly warnAll: (code: number, message: object) => void
  /** Later, unless the simulator is closed before. */
  readonly later: (seconds: number, work: () => void) => NodeJS.Timeout
  /** ms of `performance.now()` at which the headset began to count. */
  readonly zeroOf: (headset: string) => number
}

export type Method = (params: CallParams, call: Call) => unknown

/** Sessions of one connection, and a way to tell it something. */
export class ClientState {
  readonly sessions = new Map<string, LiveSession>()
  readonly #send: (messages: readonly object[]) => void

  constructor(send: (messages: readonly object[]) => void) {
    this.#send = send
  }

  /** Samples and warnings. */
  send(...messages: readonly object[]): void {
    this.#send(messages)
  }

  warn(code: number, message: object): void {
    this.send({ jsonrpc: '2.0', warning: { code, message } })
  }

  /** Ends a session and what belongs to it. */
  close(session: LiveSession): void {
    session.status = 'closed'
    session.stopped = dateTime()
    session.unsubscribeAll()
    if (session.training) clearTimeout(session.training.timer)
    session.training = undefined
    if (session.record) session.record.endDatetime = dateTime()
    session.record = undefined
    this.sessions.delete(session.id)
  }
}

/** @throws {Refusal} */
export function sessionOf(params: CallParams, { client }: Call): LiveSession {
  const session = client.sessions.get(params.text('session'))
  if (session === undefined) throw new Refusal(-32007)
  return session
}

/** @throws {Refusal} */
export function activeSessionOf(params: CallParams, call: Call): LiveSession {
  const session = sessionOf(params, call)
  if (session.status !== 'activated') throw new Refusal(-32012)
  return session
}

/** @throws {Refusal} when there is no such headset. */
export function headsetOf(params: CallParams, { model }: Call, name = 'headset'): SimulatedHeadset {
  const headset = model.headsets.get(params.text(name))
  if (headset === undefined) throw new Refusal(-32004)
  return headset
}
