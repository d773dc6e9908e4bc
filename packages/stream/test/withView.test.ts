import { OverrunError, RingRangeError, StreamStateError } from '@nodeacq/stream'
import { expect, test } from 'vitest'
import { ramp, rampStart, streamPair } from './streams.ts'

test('an input shows samples of the shared ring where they lie, until they are overwritten', async () => {
  await using pair = await streamPair({ transferMode: 'sharedmem', bufferSize: 64 })
  const { output, input } = pair
  output.startRun()
  for (let at = 0; at < 60; at += 20) await output.send(ramp(at, 20))
  for (let at = 20; at <= 60; at += 20) {
    expect(await input.recv()).toEqual({ index: at, data: null })
    expect(input.withView(at - 20, at, rampStart)).toBe(at - 20)
  }
  expect(input.withView(10, 50, (data) => data.shape)).toEqual([40, 2])
  const overwritten = (): void => {
    // The chunk is in the ring when send returns, before it resolves.
    void output.send(ramp(60, 20))
  }
  expect(() => input.withView(0, 60, overwritten)).toThrow(OverrunError)
  expect(() => input.withView(0, 60, rampStart)).toThrow(RingRangeError)
  expect(input.withView(20, 80, rampStart)).toBe(20)
})

test('without a shared ring there is the ring of setBuffer, or none', async () => {
  await using pair = await streamPair()
  expect(() => pair.input.withView(0, 1, rampStart)).toThrow(StreamStateError)
  pair.input.setBuffer(64)
  pair.output.startRun()
  await pair.output.send(ramp(0, 20))
  await pair.input.recv()
  expect(pair.input.withView(5, 20, rampStart)).toBe(5)
})
