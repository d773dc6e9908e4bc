import type { MeasuredRate } from '../clock/ClockPieces.ts'
import type { Consumer } from '../delivery/Consumer.ts'
import type { StreamInfo } from '../params.ts'
import type { Outlet } from './Outlet.ts'

/** One nodeacq input as its output sees it. */
export interface ConsumerStatus {
  readonly node: string | null
  readonly input: string | null
  readonly process: string | null
  readonly service: Consumer['service']
  /** Chunks that were sent and that it has not taken. */
  readonly inFlight: number
  /** It has chunks to take and has taken none for more than 2 s, or its connection is gone and it is waited for. */
  readonly stalled: boolean
}

/** An output as it stands now. */
export interface OutputStatus {
  readonly name: string
  readonly protocol: string
  readonly transferMode: string
  readonly flow: 'realtime' | 'wait'
  readonly run: number
  readonly index: number
  /** Sent in all runs. */
  readonly chunks: number
  readonly samples: number
  readonly bytes: number
  /** Inputs, pyacq's among them. */
  readonly consumerCount: number
  /** Nodeacq's inputs. */
  readonly consumers: readonly ConsumerStatus[]
  /** Up to where named inputs have said that everything is safe, also those that are gone. */
  readonly acknowledged: Readonly<Record<string, { readonly run: number; readonly index: number }>>
  /** Samples per second of late; null while it is not known (see `StreamClock`). */
  readonly measuredRate: MeasuredRate | null
  /** What is kept for inputs that are behind. */
  readonly retained: { readonly chunks: number; readonly bytes: number }
}

const STALLED_AFTER = 2000

/** Gathers an output's status; plain data. */
export function outputStatus(of: {
  name: string
  info: StreamInfo
  outlet: Outlet | undefined
  sent: { chunks: number; samples: number; bytes: number }
}): OutputStatus {
  const { name, info, outlet, sent } = of
  const { hub } = outlet ?? {}
  return {
    name,
    protocol: info.protocol,
    transferMode: info.transferMode,
    flow: info.flow,
    run: hub?.run ?? 0,
    index: hub?.index ?? 0,
    ...sent,
    consumerCount: outlet?.consumerCount ?? 0,
    consumers: hub?.consumers.map(consumerStatus) ?? [],
    acknowledged: hub?.acknowledged ?? {},
    measuredRate: hub?.clock.clockOf(hub.run)?.pieces.rate ?? null,
    retained: { chunks: hub ? hub.log.end - hub.log.first : 0, bytes: hub?.log.bytes ?? 0 }
  }
}

function consumerStatus(consumer: Consumer): ConsumerStatus {
  const { who, service, inFlight, lastTaken, isAbsent } = consumer
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
  return {
    node: text(who['node']),
    input: text(who['input']),
    process: text(who['process']),
    service,
    inFlight,
    stalled: isAbsent || (inFlight > 0 && performance.now() - lastTaken > STALLED_AFTER)
  }
}
