import { readEvents, makeEvents, type StreamEvent } from '@nodeacq/stream'
import { expect, test } from 'vitest'
import { EventOrder } from './EventOrder.ts'

const at = (...indexes: number[]): StreamEvent[] => readEvents(makeEvents(indexes.map((index) => ({ index }))))
const positions = (events: readonly StreamEvent[]) => events.map(({ index }) => index)

test('events of the next run wait until the signal has begun it', () => {
  const order = new EventOrder()
  expect(positions(order.due(at(100, 250), 0))).toEqual([100, 250])
  expect(positions(order.due(at(3, 9), 1))).toEqual([])
  expect(positions(order.due(at(300), 1))).toEqual([])
  expect(order.waiting).toBe(3)
  expect(positions(order.startSignalRun())).toEqual([3, 9, 300])
  expect(positions(order.due(at(400), 1))).toEqual([400])
})

test('a signal that began its run first, and events that alone began anew, keep nobody waiting', () => {
  const order = new EventOrder()
  expect(positions(order.due(at(100), 0))).toEqual([100])
  expect(positions(order.startSignalRun())).toEqual([])
  expect(positions(order.due(at(5), 1))).toEqual([5])
  expect(positions(order.due(at(50), 2))).toEqual([50])
  expect(positions(order.due(at(49, 51), 2))).toEqual([49, 51])
  expect(order.waiting).toBe(0)
})
