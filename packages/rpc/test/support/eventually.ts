import { expect } from 'vitest'

/** Waits until a condition holds; a watchdog of 10 s ends the test when it never does. */
export async function eventually(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { timeout: 10_000, interval: 10 }).toBe(true)
}
