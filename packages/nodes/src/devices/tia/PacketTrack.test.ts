import { DeviceError } from '@nodeacq/core'
import { expect, test } from 'vitest'
import { PacketTrack } from './PacketTrack.ts'

const numbers = (packetNumber: number, packetId = packetNumber) => ({ packetNumber, packetId })

test('a step of the number is a loss, none or one back is a duplicate', () => {
  const track = new PacketTrack(50)
  const lost = [7, 8, 11, 11, 10, 12].map((number, k) => track.lostBefore(numbers(number), k / 50))
  expect(lost).toEqual([0, 0, 2, undefined, undefined, 0])
  expect(track.duplicates).toBe(2)
})

test('after a new connection the id of a server tells what was missed, exactly', () => {
  const track = new PacketTrack(50)
  track.lostBefore(numbers(0, 1000), 0)
  track.beginAnew()
  // By the clock it would be 104.
  expect(track.lostBefore(numbers(0, 1101), 2.1)).toBe(100)
  expect(track.lostBefore(numbers(1, 1102), 2.12)).toBe(0)
})

test('where ids begin anew, or do not agree with the clock, the clock tells', () => {
  for (const id of [0, 5, 4000]) {
    const track = new PacketTrack(50)
    track.lostBefore(numbers(30, 30), 0)
    track.beginAnew()
    expect(track.lostBefore(numbers(0, id), 2)).toBe(99)
  }
  const aperiodic = new PacketTrack(0)
  aperiodic.lostBefore(numbers(30, 30), 0)
  aperiodic.beginAnew()
  expect(aperiodic.lostBefore(numbers(0, 500), 60)).toBe(0)
})

test('numbers that no server counts are an error', () => {
  const track = new PacketTrack(50)
  track.lostBefore(numbers(1000), 0)
  expect(() => track.lostBefore(numbers(5), 0.02)).toThrow(DeviceError)
  expect(() => track.lostBefore(numbers(2 ** 53), 0.02)).toThrow('packet numbers go from 1000 to 9007199254740992')
})
