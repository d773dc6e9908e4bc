/** Sends number after number for `milliseconds`, as fast as it goes; resolves with how many it were. */
export async function saturate(milliseconds: number, send: (number: number) => Promise<void>): Promise<number> {
  const end = performance.now() + milliseconds
  let number = 0
  while (performance.now() < end) await send(number++)
  return number
}

/** What came of sending at a fixed rate. */
export interface Paced {
  readonly sent: number
  /** How far behind its clock the sender was at worst, ms. */
  readonly behind: number
}

/** Sends `rate` a second by the clock; what comes late is made up for. */
export async function pace(
  { rate, seconds }: { rate: number; seconds: number },
  send: (number: number) => Promise<void>
): Promise<Paced> {
  const start = performance.now()
  const count = Math.round(rate * seconds)
  let behind = 0
  for (let number = 0; number < count;) {
    const late = performance.now() - start - (number * 1000) / rate
    if (late < 0) await new Promise((resolve) => setTimeout(resolve, 1))
    else {
      behind = Math.max(behind, late)
      await send(number++)
    }
  }
  return { sent: count, behind }
}

let turnedAt = 0

/** For peers that never wait: leaves room for the rest of the process every 2 ms, as our streams do. */
export function turn(): Promise<void> | undefined {
  if (performance.now() - turnedAt < 2) return undefined
  return new Promise((resolve) =>
    setImmediate(() => {
      turnedAt = performance.now()
      resolve()
    })
  )
}
