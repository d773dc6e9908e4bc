import { expect, test } from 'vitest'
import { waitFor } from 'testing'

test('gives what the condition gives once that is truthy', async () => {
  let asked = 0
  expect(await waitFor(() => (++asked > 50 ? `after ${asked}` : undefined))).toBe('after 51')
})

test('conditions may be async', async () => {
  expect(await waitFor(() => Promise.resolve(3))).toBe(3)
})

test('the watchdog names what was waited for, in its last state', async () => {
  let asked = 0
  const what = () => `count ${asked > 0 ? 'above' : 'at'} zero`
  await expect(waitFor(() => asked++ < 0, { timeout: 10, what })).rejects.toThrow('waited 0.01 s for count above zero')
})

test('what the condition throws is passed on', async () => {
  const condition = () => {
    throw new RangeError('no')
  }
  await expect(waitFor(condition)).rejects.toThrow(RangeError)
})
