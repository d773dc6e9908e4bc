import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

export interface WaitOptions {
  /** ms until the watchdog gives up. Default 10,000: a limit against hanging, never a measure of speed. */
  timeout?: number
  /** What is waited for, for the message; a function is asked at the end, so that it can tell the last state. */
  what?: string | (() => string)
}

/** Turns of the event loop before polling slows down to once in 5 ms. */
const EAGER_TURNS = 20

/**
 * Waits until `condition` gives something truthy, and returns that. What `condition` throws is passed on.
 * @throws {Error} when the watchdog ends the wait; the message names `what`.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { timeout = 10_000, what = 'the condition' }: WaitOptions = {}
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeout
  for (let turn = 0; ; turn++) {
    const value = await condition()
    if (value) return value
    if (performance.now() > deadline) {
      throw new Error(`waited ${timeout / 1000} s for ${typeof what === 'string' ? what : what()}`)
    }
    await (turn < EAGER_TURNS ? nextTurn() : sleep(5))
  }
}
