import fc from 'fast-check'
import { expect, test } from 'vitest'
import { EMOTIV_MODELS, EmotivCipher, emotivKey, type EmotivModel } from '../../src/devices/emotiv/EmotivCipher.ts'
import {
  batteryByte,
  batteryPercent,
  contactOf,
  EMOTIV_CHANNELS,
  emptyEmotivReport,
  formatOf,
  readEmotivReport,
  writeEmotivReport
} from '../../src/devices/emotiv/emotivReports.ts'
import { bytesOf, vectorsOf } from '../vectors.ts'

interface EmotivVectors {
  readonly keys: readonly { readonly serial: string; readonly keysHex: Readonly<Record<string, string>> }[]
  readonly epoc14bit: {
    readonly serial: string
    readonly keyHex: string
    readonly reports: readonly {
      readonly name: string
      readonly encryptedHex: string
      readonly decryptedHex: string
      readonly counterByte: number
      readonly levels14bit: Readonly<Record<string, number>>
      readonly microvoltsEmokit: Readonly<Record<string, number>>
      readonly qualityLevel: number
      readonly qualitySensor: string | null
      readonly qualityPyacq: number
      readonly gyroX: number
      readonly gyroY: number
      readonly batteryByte?: number
    }[]
  }
  readonly epocPlus16bit: {
    readonly serial: string
    readonly reports: readonly {
      readonly encryptedHex: string
      readonly decryptedHex: string
      readonly counter: number
      readonly kind: string
      readonly raw16?: Readonly<Record<string, number>>
      readonly microvolts?: Readonly<Record<string, number>>
      readonly qualityBytes?: readonly number[]
    }[]
  }
  readonly epocX: { readonly serial: string; readonly reportHex: string; readonly decryptedHex: string }
}

const vectors = vectorsOf<EmotivVectors>('emotiv_usb_hid_reports.json')

const NAMES: Readonly<Record<string, EmotivModel>> = {
  'epoc_standard (pyacq, emokit is_research=False)': 'epoc',
  'epoc_alternate (emokit is_research=True)': 'epocAlternate',
  epoc_consumer_per_emokit_document: 'epocConsumer',
  'epoc_plus_16bit (emokit UD2016)': 'epocPlus',
  epoc_plus_14bit_mode: 'epocPlus14',
  epoc_x: 'epocX'
}

test('the keys of every model are those of the vectors', () => {
  for (const { serial, keysHex } of vectors.keys) {
    for (const [name, hex] of Object.entries(keysHex)) {
      expect([name, serial, Buffer.from(emotivKey(NAMES[name]!, serial)).toString('hex')]).toEqual([name, serial, hex])
    }
    expect(Object.keys(keysHex)).toHaveLength(EMOTIV_MODELS.length)
  }
  expect(() => emotivKey('epoc', '12')).toThrow(/at least 4 characters.*got '12'/)
})

test.each(vectors.epoc14bit.reports)('14 bits: $name decrypts, reads, writes and encrypts', (vector) => {
  const cipher = new EmotivCipher('epoc', vectors.epoc14bit.serial)
  const format = formatOf('epoc')
  const bytes = cipher.decrypt(bytesOf(vector.encryptedHex))
  expect(Buffer.from(bytes).toString('hex')).toBe(vector.decryptedHex)
  const report = emptyEmotivReport()
  readEmotivReport(bytes, format, report)
  expect(report.counter).toBe(Math.min(vector.counterByte, 128))
  expect(report.battery).toBe(vector.batteryByte ?? 0)
  expect([...report.levels]).toEqual(EMOTIV_CHANNELS.map((name) => vector.levels14bit[name]))
  EMOTIV_CHANNELS.forEach((name, k) => {
    expect(report.levels[k]! * format.microvolts).toBeCloseTo(vector.microvoltsEmokit[name]!, 3)
  })
  expect(report.quality).toBe(vector.qualityLevel)
  expect(contactOf(report.quality)).toBeCloseTo(vector.qualityPyacq, 6)
  expect(EMOTIV_CHANNELS[report.sensor] ?? null).toBe(vector.qualitySensor)
  expect([report.gyroX, report.gyroY]).toEqual([vector.gyroX, vector.gyroY])
  // Bits that no field covers are those of the vector.
  const written = bytesOf(vector.decryptedHex)
  for (const at of [0, 1, 5, 10, 13, 20, 29, 30]) written[at] = at === 13 ? written[at]! & 0x07 : 0
  writeEmotivReport(report, format, written)
  expect(Buffer.from(written).toString('hex')).toBe(vector.decryptedHex)
  expect(Buffer.from(cipher.encrypt(written)).toString('hex')).toBe(vector.encryptedHex)
})

test('16 bits: real reports of an EPOC+ decrypt, read, write and encrypt', () => {
  const { serial, reports } = vectors.epocPlus16bit
  const cipher = new EmotivCipher('epocPlus', serial)
  const format = formatOf('epocPlus')
  const report = emptyEmotivReport()
  for (const vector of reports) {
    const bytes = cipher.decrypt(bytesOf(vector.encryptedHex))
    expect(Buffer.from(bytes).toString('hex')).toBe(vector.decryptedHex)
    readEmotivReport(bytes, format, report)
    expect([report.kind, report.counter]).toEqual([vector.kind, vector.counter])
    if (vector.raw16 === undefined) continue
    expect([...report.levels]).toEqual(EMOTIV_CHANNELS.map((name) => vector.raw16![name]))
    EMOTIV_CHANNELS.forEach((name, k) => {
      expect(report.levels[k]! * format.microvolts).toBeCloseTo(vector.microvolts![name]!, 4)
    })
    expect([report.quality & 255, report.quality >> 8]).toEqual(vector.qualityBytes)
    const written = new Uint8Array(32)
    writeEmotivReport(report, format, written)
    expect(Buffer.from(written).toString('hex')).toBe(vector.decryptedHex)
    expect(Buffer.from(cipher.encrypt(written)).toString('hex')).toBe(vector.encryptedHex)
  }
  expect(reports.filter(({ kind }) => kind === 'motion').length).toBeGreaterThan(0)
})

test('reports of an EPOC X are masked', () => {
  const { serial, reportHex, decryptedHex } = vectors.epocX
  const cipher = new EmotivCipher('epocX', serial)
  expect(Buffer.from(cipher.decrypt(bytesOf(reportHex))).toString('hex')).toBe(decryptedHex)
  expect(Buffer.from(cipher.encrypt(bytesOf(decryptedHex))).toString('hex')).toBe(reportHex)
})

test('the battery table reads as emokit has it', () => {
  const table = {
    255: 100,
    248: 100,
    247: 99,
    246: 97,
    243: 85,
    236: 46,
    237: 55,
    232: 6,
    227: 2,
    229: 2,
    226: 1,
    224: 0,
    128: 0
  }
  expect(Object.fromEntries(Object.keys(table).map((byte) => [byte, batteryPercent(Number(byte))]))).toEqual(table)
  for (const percent of [100, 99, 55, 2, 0]) expect(batteryPercent(batteryByte(percent))).toBe(percent)
})

test('any report survives writing, encrypting, decrypting and reading', () => {
  const levels = fc.array(fc.nat(0x3fff), { minLength: 14, maxLength: 14 })
  const fields = fc.record({
    model: fc.constantFrom(...EMOTIV_MODELS),
    serial: fc.stringMatching(/^[A-Z0-9]{16}$/),
    levels,
    counter: fc.nat(127),
    quality: fc.nat(0x3fff),
    gyroX: fc.integer({ min: -106, max: 149 }),
    gyroY: fc.integer({ min: -105, max: 150 })
  })
  fc.assert(
    fc.property(fields, ({ model, serial, ...values }) => {
      const cipher = new EmotivCipher(model, serial)
      const format = formatOf(model)
      const written = { ...emptyEmotivReport(), ...values, levels: Uint16Array.from(values.levels) }
      const bytes = new Uint8Array(32)
      writeEmotivReport(written, format, bytes)
      const report = emptyEmotivReport()
      readEmotivReport(cipher.decrypt(cipher.encrypt(bytes)), format, report)
      expect(report.levels).toEqual(written.levels)
      expect(report.counter).toBe(values.counter)
      const shared = (values.levels[EMOTIV_CHANNELS.indexOf('O1')]! & 3) << 3
      const { quality, gyroX, gyroY } = values
      expect({ quality: report.quality, gyroX: report.gyroX, gyroY: report.gyroY }).toEqual(
        format.bits === 14 ? { quality: (quality & ~0x18) | shared, gyroX, gyroY } : { quality, gyroX: 0, gyroY: 0 }
      )
    })
  )
})
