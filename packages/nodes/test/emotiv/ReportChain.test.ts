import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EmotivCipher, REPORT_SIZE, type EmotivModel } from '../../src/devices/emotiv/EmotivCipher.ts'
import { counterOf, emptyEmotivReport, formatOf, writeEmotivReport } from '../../src/devices/emotiv/emotivReports.ts'
import { recognizeModel } from '../../src/devices/emotiv/recognizeModel.ts'
import { ReportChain } from '../../src/devices/emotiv/ReportChain.ts'
import { bytesOf, vectorsOf } from '../vectors.ts'

const SERIAL = 'SN201211150134GM'

/** Encrypted reports with counters one after the other. */
function reports(model: EmotivModel, { from, count }: { from: number; count: number }): Uint8Array[] {
  const cipher = new EmotivCipher(model, SERIAL)
  const format = formatOf(model)
  return Array.from({ length: count }, (_, k) => {
    const counter = (from + k) % format.counter
    const levels = Uint16Array.from({ length: 14 }, (__, channel) => 100 * channel + k)
    const bytes = new Uint8Array(REPORT_SIZE)
    const battery = format.bits === 14 && counter === 128 ? 240 : 0
    writeEmotivReport({ ...emptyEmotivReport(), counter, levels, battery }, format, bytes)
    return cipher.encrypt(bytes)
  })
}

function decode(model: EmotivModel, feed: (chain: ReportChain) => void) {
  const counters: number[] = []
  const cipher = new EmotivCipher(model, SERIAL)
  const chain = new ReportChain(cipher, (report) => counters.push(counterOf(report, formatOf(model))))
  feed(chain)
  chain.finish()
  return { counters, badReports: chain.badReports }
}

const join = (list: readonly Uint8Array[]): Uint8Array => Buffer.concat(list)

test('reports of a device come out in order, past the battery; lost ones are left out, and noise is not taken', () => {
  const list = reports('epoc', { from: 120, count: 20 })
  const noise = new Uint8Array(REPORT_SIZE).fill(7)
  const fed = [...list.slice(0, 12), ...list.slice(14, 16), noise, ...list.slice(16), noise.subarray(1)]
  const { counters, badReports } = decode('epoc', (chain) => {
    for (const report of fed) chain.pushReport(report, 0)
  })
  expect(counters).toEqual([120, 121, 122, 123, 124, 125, 126, 127, 128, 0, 1, 2, 5, 6, 7, 8, 9, 10])
  expect(badReports).toBe(2)
})

test('however a stream of reports is cut, it comes out the same', () => {
  const model = fc.constantFrom<EmotivModel>('epoc', 'epocPlus', 'epocX')
  fc.assert(
    fc.property(model, fc.nat(255), fc.array(fc.nat(640)), (which, from, places) => {
      const start = from % formatOf(which).counter
      const all = join(reports(which, { from: start, count: 20 }))
      const at = [0, ...places.map((place) => Math.min(place, all.length)).toSorted((a, b) => a - b), all.length]
      const { counters, badReports } = decode(which, (chain) => {
        for (let k = 1; k < at.length; k++) chain.pushBytes(all.subarray(at[k - 1], at[k]), 0)
      })
      expect(counters).toEqual(Array.from({ length: 20 }, (_, k) => (start + k) % formatOf(which).counter))
      expect(badReports).toBe(0)
    })
  )
})

test('bytes that are missing, or too many, cost a few reports, and never give one that was not sent', () => {
  const length = fc.integer({ min: 1, max: 63 })
  fc.assert(
    fc.property(fc.nat(128), fc.integer({ min: 200, max: 700 }), length, fc.boolean(), (from, at, size, isMore) => {
      const all = join(reports('epoc', { from, count: 60 }))
      const extra = Uint8Array.from({ length: size }, (_, k) => (k * 73 + size) & 0xff)
      const spoiled = isMore
        ? [all.subarray(0, at), extra, all.subarray(at)]
        : [all.subarray(0, at), all.subarray(at + size)]
      const { counters } = decode('epoc', (chain) => chain.pushBytes(join(spoiled), 0))
      const sent = Array.from({ length: 60 }, (_, k) => (from + k) % 129)
      expect(counters.length).toBeGreaterThan(60 - 12)
      expect(counters.slice(-20)).toEqual(sent.slice(-20))
      let place = -1
      for (const counter of counters) {
        const next = sent.indexOf(counter, place + 1)
        expect(next).toBeGreaterThan(place)
        place = next
      }
    })
  )
})

test('any bytes are taken without an error, and each report is taken or counted as bad', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), (chunks) => {
      decode('epoc', (chain) => {
        for (const chunk of chunks) chain.pushBytes(chunk, 0)
      })
      const { counters, badReports } = decode('epoc', (chain) => {
        for (const chunk of chunks) chain.pushReport(chunk, 0)
      })
      expect(counters.length + badReports).toBe(chunks.length)
    })
  )
})

test('the model is told by its reports, wherever they begin, also from a real recording', () => {
  for (const model of ['epoc', 'epocAlternate', 'epocConsumer', 'epocPlus', 'epocPlus14', 'epocX'] as const) {
    const all = join(reports(model, { from: 110, count: 24 }))
    expect(recognizeModel(all, SERIAL)).toBe(model)
    expect(recognizeModel(all.subarray(13), SERIAL)).toBe(model)
    expect(recognizeModel(all, 'SN20120526998912')).toBeUndefined()
  }
  const { epocPlus16bit } = vectorsOf<{
    epocPlus16bit: { serial: string; reports: readonly { encryptedHex: string }[] }
  }>('emotiv_usb_hid_reports.json')
  const real = join(epocPlus16bit.reports.map(({ encryptedHex }) => bytesOf(encryptedHex)))
  expect(recognizeModel(real, epocPlus16bit.serial)).toBe('epocPlus')
})
