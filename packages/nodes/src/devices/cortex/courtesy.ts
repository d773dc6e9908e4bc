import { setTimeout as sleep } from 'node:timers/promises'

/** ms */
const LIMIT = 1000

/** Waits for what is said in parting, but not long: who hears us no more does not answer. */
export async function courtesy(work: Promise<unknown>): Promise<void> {
  const limit = new AbortController()
  const end = sleep(LIMIT, undefined, { signal: limit.signal }).catch(() => {})
  await Promise.race([work.catch(() => {}), end])
  limit.abort()
}
