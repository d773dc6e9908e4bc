import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LossLedger, type Gap, type LedgerOptions } from './LossLedger.ts'

function started(options?: LedgerOptions): LossLedger {
  const ledger = new LossLedger(options)
  ledger.startRun(1, 0)
  return ledger
}

function gap(from: number, to: number, cause = 'dropped'): Gap {
  return { from, to, cause, declared: cause === 'device' }
}

test('chunks that follow on each other are all received', () => {
  const ledger = started()
  const first = ledger.note(10, 10)
  expect(first).toEqual({ gaps: [], duplicated: 0 })
  expect(ledger.note(20, 10)).toBe(first)
  expect(ledger.snapshot()).toEqual({
    run: 1,
    joinedAt: 0,
    next: 20,
    sent: 20,
    chunks: 2,
    received: 20,
    lost: 0,
    skipped: 0,
    duplicated: 0,
    torn: 0,
    holes: 0,
    gaps: [],
    gapCount: 0
  })
})

test('a jump is a loss, given out with the chunk after it', () => {
  const ledger = started()
  ledger.note(10, 10)
  expect(ledger.note(25, 5)).toEqual({ gaps: [gap(10, 20)], duplicated: 0 })
  expect(ledger.snapshot()).toMatchObject({ received: 15, lost: 10, sent: 25, gaps: [gap(10, 20)], gapCount: 1 })
})

test('what lies in a hole that is ahead is known, until it is passed', () => {
  const ledger = new LossLedger()
  ledger.startRun(0, 0)
  ledger.declare({ from: 20, to: 30 })
  ledger.declare({ from: 50, to: 60 })
  const inHole = (from: number, to: number): boolean => ledger.isHole(from, to)
  expect([inHole(0, 20), inHole(10, 21), inHole(29, 31), inHole(30, 50), inHole(40, 70)]).toEqual([
    ...[false, true, true, false, true]
  ])
  ledger.note(50, 20)
  expect([inHole(20, 30), inHole(50, 51)]).toEqual([false, true])
})

test('without a start that is known, the first chunk is the start', () => {
  const ledger = new LossLedger()
  expect(ledger.snapshot()).toMatchObject({ run: 0, joinedAt: null, next: null, sent: 0 })
  expect(ledger.note(110, 10)).toEqual({ gaps: [], duplicated: 0 })
  expect(ledger.snapshot()).toMatchObject({ joinedAt: 100, next: 110, received: 10, lost: 0 })
})

test('samples before the start that was said count when they are the first to come', () => {
  const ledger = new LossLedger()
  ledger.startRun(3, 50)
  ledger.note(50, 10)
  expect(ledger.snapshot()).toMatchObject({ joinedAt: 40, received: 10, duplicated: 0 })
  ledger.startRun(4, 50)
  expect(ledger.note(70, 10)).toEqual({ gaps: [gap(50, 60)], duplicated: 0 })
})

test('what comes again is a duplicate; the rest of such a chunk is received', () => {
  const ledger = started()
  ledger.note(10, 10)
  expect(ledger.note(10, 10)).toEqual({ gaps: [], duplicated: 10 })
  expect(ledger.note(15, 10)).toEqual({ gaps: [], duplicated: 5 })
  expect(ledger.snapshot()).toMatchObject({ received: 15, duplicated: 15, next: 15, chunks: 3 })
})

test('a hole of the device counts as no loss, whether it is declared before or after', () => {
  const ledger = started()
  ledger.declare({ from: 10, to: 20 })
  ledger.note(10, 10)
  expect(ledger.note(30, 5)).toEqual({ gaps: [gap(10, 20, 'device'), gap(20, 25)], duplicated: 0 })
  expect(ledger.declare({ from: 20, to: 23 })).toEqual([gap(20, 23, 'device')])
  expect(ledger.snapshot()).toMatchObject({ received: 15, lost: 2, holes: 13, sent: 17 })
  expect(ledger.snapshot().gaps).toEqual([gap(10, 23, 'device'), gap(23, 25)])
  expect(ledger.declare({ from: 0, to: 23 })).toEqual([])
})

test('declarations that are none, or of samples that were received, change nothing', () => {
  const ledger = started()
  ledger.note(10, 10)
  const before = ledger.snapshot()
  for (const [from, to] of [
    [5, 5],
    [6, 5],
    [0, 10],
    [-5, 3],
    [0.5, 3],
    [Number.NaN, 9]
  ] as const)
    ledger.declare({ from, to })
  expect(ledger.snapshot()).toEqual(before)
})

test('a torn read is lost and says so; the cause that is given is kept', () => {
  const ledger = started()
  ledger.note(10, 10)
  expect(ledger.lose(12, 20, 'torn')).toEqual([gap(10, 12), gap(12, 20, 'torn')])
  expect(ledger.lose(20, 30, 'retention')).toEqual([gap(20, 30, 'retention')])
  expect(ledger.lose(5, 30, 'torn')).toEqual([])
  expect(ledger.snapshot()).toMatchObject({ received: 10, lost: 20, torn: 8, next: 30, gapCount: 3 })
})

test('the end of a run shows what never came', () => {
  const ledger = started()
  ledger.note(10, 10)
  expect(ledger.endAt(10)).toEqual([])
  expect(ledger.endAt(15)).toEqual([gap(10, 15)])
  expect(ledger.endAt(3)).toEqual([])
  expect(ledger.snapshot()).toMatchObject({ lost: 5, next: 15 })
  const silent = new LossLedger()
  silent.startRun(1, 0)
  expect(silent.endAt(8)).toEqual([gap(0, 8)])
})

test('a consumer that wants only the newest skips and does not lose', () => {
  const ledger = started({ missing: 'skipped' })
  ledger.note(30, 10)
  expect(ledger.snapshot()).toMatchObject({ received: 10, lost: 0, skipped: 20, sent: 30 })
})

test('a new run starts a new account and hands over the old one', () => {
  const ledger = started()
  ledger.note(20, 10)
  expect(ledger.startRun(2, 0)).toMatchObject({ run: 1, received: 10, lost: 10 })
  expect(ledger.snapshot()).toMatchObject({ run: 2, received: 0, lost: 0, next: 0, gaps: [], gapCount: 0 })
  expect(ledger.run).toBe(2)
})

test('messages count as one each, and streams without accounting lose nothing', () => {
  const messages = started({ accounting: 'messages' })
  messages.note(1, 480)
  expect(messages.note(4, 480).gaps).toEqual([gap(1, 3)])
  expect(messages.snapshot()).toMatchObject({ received: 2, lost: 2, sent: 4 })
  const none = started({ accounting: 'none' })
  none.note(5, 2)
  none.note(1, 1)
  none.lose(3, 5, 'torn')
  expect(none.snapshot()).toMatchObject({ received: 3, lost: 2, duplicated: 0, torn: 2, gaps: [] })
})

test('when the list is full the oldest ranges are forgotten and the counters stay exact', () => {
  const ledger = started({ maxGaps: 3 })
  for (let chunk = 1; chunk <= 10; chunk++) ledger.note(chunk * 10, 4)
  const { gaps, ...counts } = ledger.snapshot()
  expect(counts).toMatchObject({ received: 40, lost: 60, gapCount: 10 })
  expect(gaps).toEqual([gap(70, 76), gap(80, 86), gap(90, 96)])
})

test('a source cannot make the ledger grow by declaring holes without end', () => {
  const ledger = started()
  for (let at = 0; at < 30_000; at++) ledger.declare({ from: 10 + at * 2, to: 11 + at * 2 })
  ledger.note(100_000, 1)
  const { lost, holes, received } = ledger.snapshot()
  expect(holes).toBe(10_000)
  expect(lost + holes + received).toBe(100_000)
})

describe('against a list with one entry per sample', () => {
  type Step = { kind: 'chunk' | 'drop' | 'again' | 'hole' | 'torn'; length: number; late: boolean }
  const step: fc.Arbitrary<Step> = fc.record({
    kind: fc.constantFrom('chunk', 'chunk', 'drop', 'again', 'hole', 'torn'),
    length: fc.integer({ min: 1, max: 12 }),
    late: fc.boolean()
  })
  const options = fc.record({
    missing: fc.constantFrom('lost' as const, 'skipped' as const),
    maxGaps: fc.constantFrom(2, 1000)
  })

  test('every sample has exactly one fate', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), options, fc.infiniteStream(fc.nat(2)), (steps, options, order) => {
        const ledger = started(options)
        const fates: string[] = []
        const late: { from: number; to: number }[] = []
        let duplicated = 0
        for (const { kind, length, late: isLate } of steps) {
          const from = fates.length
          if (kind === 'again') {
            const known = ledger.next!
            const count = Math.min(length, known)
            duplicated += ledger.note(known, count).duplicated
            continue
          }
          if (kind === 'hole') {
            const hole = { from, to: from + length }
            if (isLate && options.maxGaps === 1000) late.push(hole)
            else ledger.declare(hole)
            fates.push(...Array<string>(length).fill('hole'))
            continue
          }
          const fate = kind === 'chunk' ? 'received' : kind === 'torn' ? 'torn' : options.missing
          fates.push(...Array<string>(length).fill(fate))
          if (kind === 'torn') ledger.lose(from, from + length, 'torn')
          if (kind !== 'chunk') continue
          const seen = ledger.next!
          const { gaps } = ledger.note(from + length, length)
          expect(gaps.reduce((total, { from, to }) => total + to - from, 0)).toBe(from - seen)
          // Declarations come in any order, some pieces of them twice.
          while (late.length > 0 && order.next().value === 0) {
            const [hole] = late.splice(order.next().value! % late.length, 1)
            const middle = Math.floor((hole!.from + hole!.to) / 2)
            ledger.declare({ from: middle, to: hole!.to })
            ledger.declare(hole!)
          }
        }
        for (const hole of late.toReversed()) ledger.declare(hole)
        ledger.endAt(fates.length)
        const count = (fate: string): number => fates.filter((own) => own === fate).length
        const account = ledger.snapshot()
        expect(account).toMatchObject({
          received: count('received'),
          lost: count('lost') + count('torn'),
          skipped: count('skipped'),
          torn: count('torn'),
          holes: count('hole'),
          duplicated,
          next: fates.length
        })
        expect(account.sent).toBe(account.received + account.lost + account.skipped)
        expect(account.next! - account.joinedAt!).toBe(account.sent + account.holes)
        expect(account.gaps.length).toBeLessThanOrEqual(options.maxGaps)
        for (const { from, to, cause, declared } of account.gaps) {
          const own = declared ? 'hole' : cause === 'torn' ? 'torn' : options.missing
          expect(fates.slice(from, to)).toEqual(Array<string>(to - from).fill(own))
        }
        const listed = account.gaps.reduce((total, { from, to }) => total + to - from, 0)
        const missing = account.next! - account.received
        expect(options.maxGaps === 1000 ? missing : Math.min(listed, missing)).toBe(listed)
      }),
      { numRuns: 500 }
    )
  })
})
