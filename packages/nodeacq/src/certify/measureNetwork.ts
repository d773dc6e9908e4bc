/** A clock that is reached by a call: ms, and the machine it belongs to. */
export type FarClock = () => Promise<{ readonly machine: string; readonly time: number }>

/** The way to a host and back. */
export interface NetworkReport {
  readonly roundTripMs: { readonly p50: number; readonly p99: number; readonly max: number }
  /** This machine's monotonic clock minus the other's. */
  readonly clockOffsetMs: number
  /** Half of the fastest round trip: the offset cannot be wrong by more. */
  readonly clockUncertaintyMs: number
}

/**
 * Asks a far clock over and over: how long that takes, and how far apart the clocks are. The fastest answer is the one
 * with the least waiting in it, so the offset is taken from it (as NTP's minimum filter does).
 * @param own clock of this machine, as `clock` tells it
 */
export async function measureNetwork(
  clock: FarClock,
  own: { readonly machine: string; readonly now: () => number },
  calls = 200
): Promise<NetworkReport> {
  const trips: { took: number; offset: number }[] = []
  let isSameMachine = false
  for (let k = 0; k < calls; k++) {
    const sent = own.now()
    const { machine, time } = await clock()
    const received = own.now()
    isSameMachine = machine === own.machine
    trips.push({ took: received - sent, offset: (sent + received) / 2 - time })
  }
  trips.sort((a, b) => a.took - b.took)
  const at = (share: number) => trips[Math.min(trips.length - 1, Math.floor(share * trips.length))]!.took
  const fastest = trips[0]!
  return {
    roundTripMs: { p50: at(0.5), p99: at(0.99), max: trips.at(-1)!.took },
    clockOffsetMs: isSameMachine ? 0 : fastest.offset,
    clockUncertaintyMs: isSameMachine ? 0 : fastest.took / 2
  }
}
