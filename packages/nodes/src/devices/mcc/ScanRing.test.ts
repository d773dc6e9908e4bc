import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ScanRing } from './ScanRing.ts'

test('new scans come in one piece, and in two at the end of the ring', () => {
  const ring = new ScanRing(100, 3)
  expect(ring.advance(-1, 0)).toEqual({ pieces: [], lost: 0 })
  expect(ring.advance(30, 30)).toEqual({ pieces: [{ from: 0, to: 10 }], lost: 0 })
  expect(ring.advance(32, 32)).toEqual({ pieces: [], lost: 0 })
  expect(ring.advance(285, 285)).toEqual({ pieces: [{ from: 10, to: 95 }], lost: 0 })
  expect(ring.advance(15, 315)).toEqual({
    pieces: [
      { from: 95, to: 100 },
      { from: 0, to: 5 }
    ],
    lost: 0
  })
  expect(ring.advance(0, 600)).toEqual({ pieces: [{ from: 5, to: 100 }], lost: 0 })
})

test('a round that nobody looked at is lost, and tells how much', () => {
  const ring = new ScanRing(100, 2)
  ring.advance(40, 40)
  expect(ring.advance(60, 460)).toEqual({ pieces: [], lost: 210 })
  expect(ring.advance(80, 480)).toEqual({ pieces: [{ from: 30, to: 40 }], lost: 0 })
})

test('every scan is given once or lost, however seldom the driver is looked at, beyond 32 bits', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 500 }),
      fc.array(fc.nat({ max: 3000 }), { minLength: 1, maxLength: 60 }),
      (width, size, steps) => {
        const ring = new ScanRing(size, width)
        let scans = 0
        let given = 0
        const start = 2 ** 32 - 5000 * width
        // Its count is near its end; the first look tells only where it is.
        const before = Math.floor(start / width)
        const begin = ring.advance((before % size) * width, (before * width) % 2 ** 32)
        given -= begin.lost + begin.pieces.reduce((sum, { from, to }) => sum + to - from, 0)
        given += begin.lost + begin.pieces.reduce((sum, { from, to }) => sum + to - from, 0)
        for (const step of steps) {
          scans += step
          const all = before + scans
          const { pieces, lost } = ring.advance((all % size) * width, (all * width) % 2 ** 32)
          given += lost
          for (const { from, to } of pieces) {
            expect(from).toBe((before + given) % size)
            given += to - from
          }
        }
        expect(given).toBe(scans)
      }
    )
  )
})
