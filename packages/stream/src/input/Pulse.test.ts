import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Pulse } from './Pulse.ts'
import { RunTracker } from './RunTracker.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => vi.useRealTimers())

/** An input that begins at sample 0 of run 0, whose source sends 10 samples a second and its head. */
function scene() {
  const pulse = new Pulse()
  const tracker = new RunTracker('samples', 'lost')
  tracker.join(0, 0)
  let sent = 0
  return {
    tracker,
    sourceGoesOn: (seconds: number, takes: (second: number) => boolean, samples = 10) => {
      for (let second = 0; second < seconds; second++) {
        sent += samples
        if (takes(second)) tracker.ledger.note(sent, sent - tracker.next)
        tracker.reached(0, sent)
        pulse.gotHead(tracker)
        vi.advanceTimersByTime(1000)
      }
    },
    isStalled: (isRead = true) => pulse.isStalled(tracker, { tellsHead: true, isRead })
  }
}
const ALWAYS = () => true
const NEVER = () => false

test('who takes what comes is not stalled, who stops taking is', () => {
  const { sourceGoesOn, isStalled } = scene()
  sourceGoesOn(5, ALWAYS)
  expect(isStalled()).toBe(false)
  sourceGoesOn(1, NEVER)
  expect(isStalled()).toBe(false)
  sourceGoesOn(2, NEVER)
  expect(isStalled()).toBe(true)
  sourceGoesOn(1, ALWAYS)
  expect(isStalled()).toBe(false)
})

test('an input that nobody reads is not stalled', () => {
  const { sourceGoesOn, isStalled } = scene()
  sourceGoesOn(1, ALWAYS)
  sourceGoesOn(9, NEVER)
  expect([isStalled(false), isStalled(true)]).toEqual([false, true])
})

test('a reader that takes its time is not stalled before it takes twice as long', () => {
  const { sourceGoesOn, isStalled } = scene()
  sourceGoesOn(4, (second) => second === 3)
  for (let chunk = 0; chunk < 4; chunk++) {
    sourceGoesOn(4, (second) => second === 3)
    expect(isStalled()).toBe(false)
  }
  sourceGoesOn(5, NEVER)
  expect(isStalled()).toBe(false)
  sourceGoesOn(4, NEVER)
  expect(isStalled()).toBe(true)
})

test('a source that says nothing is stalled, one that pauses is not', () => {
  const { sourceGoesOn, isStalled } = scene()
  sourceGoesOn(2, ALWAYS)
  sourceGoesOn(60, NEVER, 0)
  expect(isStalled()).toBe(false)
  sourceGoesOn(1, NEVER)
  expect(isStalled()).toBe(false)
  vi.advanceTimersByTime(4000)
  expect(isStalled()).toBe(true)
})

test('a hole at the end is nothing to wait for', () => {
  const { tracker, sourceGoesOn, isStalled } = scene()
  sourceGoesOn(2, ALWAYS)
  tracker.hear({ kind: 'holes', run: 0, holes: [[20, 60, 'device']] })
  sourceGoesOn(4, NEVER)
  expect(isStalled()).toBe(false)
  sourceGoesOn(4, NEVER)
  expect(isStalled()).toBe(true)
})
