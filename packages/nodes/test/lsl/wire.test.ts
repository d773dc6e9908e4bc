import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { dtypeOfFormat, type LslFormat } from '../../src/lsl/formats.ts'
import { LslFormatError } from '../../src/lsl/LslError.ts'
import { ArchiveReader, encodeArchiveHead, encodeArchiveSamples } from '../../src/lsl/wire/archive.ts'
import { encodeAnswer, encodeQuestion, parseAnswer, parseQuestion } from '../../src/lsl/wire/discovery.ts'
import {
  encodeFeedAnswer,
  encodeFeedRequest,
  parseFeedAnswer,
  parseFeedRequest
} from '../../src/lsl/wire/feedHandshake.ts'
import {
  valuesOfBatch,
  type SampleBatch,
  type SampleLayout,
  type SampleReader
} from '../../src/lsl/wire/SampleBatch.ts'
import { createSampleReader, encodeNumbers, encodeTexts } from '../../src/lsl/wire/samples.ts'
import { encodeFullInfo, encodeShortInfo, parseStreamInfo } from '../../src/lsl/wire/streamInfo.ts'
import { PATTERN_OFFSETS, PATTERN_STAMP, testPattern } from '../../src/lsl/wire/testPattern.ts'
import {
  encodeTimeAnswer,
  encodeTimeQuestion,
  isTimeQuestion,
  parseTimeAnswer,
  parseTimeQuestion
} from '../../src/lsl/wire/timeData.ts'
import {
  discovery,
  feeds100,
  feeds110,
  headers,
  numberOf,
  patterns,
  stampsOf,
  timeData,
  variants,
  type Push
} from './vectors.ts'

const bytesOf = (hex: string): Buffer => Buffer.from(hex, 'hex')
const NO_FORMAT = { nominalRate: 0 }

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array
} as const

type Value = number | string

/** Samples as protocol 1.10 sends them. */
function encode(format: LslFormat, data: readonly (readonly Value[])[], stamps: Float64Array): Buffer {
  if (format === 'string') return encodeTexts(data as string[][], stamps)
  const values = data.flat()
  const dtype = dtypeOfFormat(format)
  const typed = dtype === 'int64' ? BigInt64Array.from(values.map(BigInt)) : ARRAYS[dtype].from(values.map(numberOf))
  return encodeNumbers(new Uint8Array(typed.buffer), stamps)
}

/** Stamp and values of each sample. */
function rowsOf(batch: SampleBatch | undefined, layout: SampleLayout): { timestamp: number; values: unknown[] }[] {
  if (batch === undefined) return []
  const values = layout.format === 'string' ? batch.texts.flat() : [...valuesOfBatch(batch, layout.format)]
  return Array.from(batch.stamps, (timestamp, k) => ({
    timestamp,
    values: values.slice(k * layout.channelCount, (k + 1) * layout.channelCount)
  }))
}

/** The same, of bytes that come in pieces of these lengths. */
function readAll(
  reader: SampleReader,
  bytes: Buffer,
  layout: SampleLayout,
  cuts: readonly number[] = [bytes.length]
): ReturnType<typeof rowsOf> {
  const rows: ReturnType<typeof rowsOf> = []
  for (let at = 0, k = 0; at < bytes.length; k++) {
    const end = Math.min(bytes.length, at + cuts[k % cuts.length]!)
    rows.push(...rowsOf(reader.push(Buffer.from(bytes.subarray(at, end))), layout))
    at = end
  }
  return rows
}

function decodedOf(feed: (typeof feeds110)[number] | (typeof feeds100)[number]): unknown[] {
  const { channel_format: format } = feed
  const value = (each: Value): unknown =>
    format === 'string' ? each : format === 'int64' ? BigInt(each) : numberOf(each)
  return feed.decoded_by_real_inlet.map(({ timestamp, values }) => ({ timestamp, values: values.map(value) }))
}

const layoutOf = (feed: (typeof feeds110)[number] | (typeof feeds100)[number]): SampleLayout => ({
  format: feed.channel_format as LslFormat,
  channelCount: feed.channel_count,
  nominalRate: feed.nominal_srate
})

/** Pushes that leave together: up to one that is pushed through. */
function writesOf(pushes: readonly Push[]): Push[][] {
  const writes: Push[][] = [[]]
  for (const push of pushes) {
    writes.at(-1)!.push(push)
    if (push.pushthrough !== false) writes.push([])
  }
  return writes.filter((write) => write.length > 0)
}

test.each(feeds110)('1.10, $channel_format: what a real outlet sent is written and read', (feed) => {
  const layout = layoutOf(feed)
  const written = writesOf(feed.pushes).map((pushes) =>
    Buffer.concat(pushes.map((push) => encode(layout.format, push.data, stampsOf(push, layout.nominalRate))))
  )
  expect(written.map((bytes) => bytes.toString('hex'))).toEqual(feed.data_writes_hex)
  const pattern = PATTERN_OFFSETS.map((n) =>
    encode(layout.format, [testPattern(layout.format, layout.channelCount, n)], Float64Array.of(PATTERN_STAMP))
  )
  expect(Buffer.concat(pattern).toString('hex')).toBe(feed.test_pattern_hex)
  const all = Buffer.concat([bytesOf(feed.test_pattern_hex), ...feed.data_writes_hex.map(bytesOf)])
  for (const cuts of [[all.length], [1], [7, 13, 2]]) {
    const rows = readAll(createSampleReader(layout), all, layout, cuts)
    expect(rows.slice(2)).toEqual(decodedOf(feed))
    expect(rows.slice(0, 2).map(({ timestamp }) => timestamp)).toEqual([PATTERN_STAMP, PATTERN_STAMP])
  }
})

test.each(feeds110)('1.10, $channel_format: request and answer of real programs', (feed) => {
  const request = parseFeedRequest(feed.request_text)
  expect(request).toMatchObject({
    version: 110,
    maxBufferLength: 36_000,
    byteOrder: 1234,
    sourceId: `src-${feed.channel_format}`
  })
  const sent = encodeFeedRequest({ ...request, protocolVersion: 110 })
  expect(sent.toString('hex')).toBe(feed.request_hex)
  const answer = parseFeedAnswer(feed.response_header_text)
  expect(answer).toMatchObject({ status: 200, uid: request.uid, protocolVersion: 110 })
  expect(encodeFeedAnswer(answer).toString('hex')).toBe(feed.response_header_hex)
})

test.each(feeds100)('1.00, $channel_format: what a real outlet sent is written and read', (feed) => {
  const layout = layoutOf(feed)
  const typed = (data: Push['data']): (number | bigint | string)[][] =>
    data.map((row) =>
      row.map((value) =>
        layout.format === 'string' ? value : layout.format === 'int64' ? BigInt(value) : numberOf(value)
      )
    )
  const written = writesOf(feed.pushes).map((pushes) =>
    Buffer.concat(
      pushes.map((push) => encodeArchiveSamples(layout.format, typed(push.data), stampsOf(push, layout.nominalRate)))
    )
  )
  expect(written.map((bytes) => bytes.toString('hex'))).toEqual(feed.data_writes_hex)
  const head = Buffer.concat([
    encodeArchiveHead(feed.shortinfo_text),
    ...PATTERN_OFFSETS.map((n) =>
      encodeArchiveSamples(
        layout.format,
        typed([testPattern(layout.format, layout.channelCount, n)]),
        Float64Array.of(PATTERN_STAMP)
      )
    )
  ])
  expect(head.toString('hex')).toBe(feed.whole_first_write_hex)
  const all = Buffer.concat([head, ...feed.data_writes_hex.map(bytesOf)])
  for (const cuts of [[all.length], [1], [5, 11, 3]]) {
    const reader = new ArchiveReader(layout)
    expect(readAll(reader, all, layout, cuts).slice(2)).toEqual(decodedOf(feed))
    expect(reader.header).toBe(feed.shortinfo_text)
  }
})

test.each(patterns)('the two first samples of $channel_count × $channel_format, both byte orders', (vector) => {
  const { channel_count: channelCount, little_endian: little, big_endian: big } = vector
  const format = vector.channel_format as LslFormat
  const layout = { format, channelCount, ...NO_FORMAT }
  const samples = PATTERN_OFFSETS.map((n) => testPattern(format, channelCount, n))
  const bytes = encode(format, samples, new Float64Array(2).fill(PATTERN_STAMP))
  expect(bytes.length).toBe(little.length)
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(little.sha256)
  if (big.hex === undefined) return
  const reader = createSampleReader(layout, { isBigEndian: big.byte_order_header === '4321' })
  const expected = samples.map((row) => ({
    timestamp: PATTERN_STAMP,
    values: format === 'int64' ? (row as number[]).map(BigInt) : row
  }))
  expect(readAll(reader, bytesOf(big.hex), layout, [17])).toEqual(expected)
})

test.each(headers)('headers of stream $name', ({ shortinfo_datagram_hex: short, fullinfo_hex: full }) => {
  const { id, info } = parseAnswer(bytesOf(short))
  expect(encodeAnswer(id, encodeShortInfo(info)).toString('hex')).toBe(short)
  const whole = parseStreamInfo(bytesOf(full).toString('utf8'))
  expect(Buffer.from(encodeFullInfo(whole)).toString('hex')).toBe(full)
  expect(encodeShortInfo(whole)).toBe(encodeShortInfo(info))
})

test.each(['recovery_queries', 'loopback'] as const)('questions of real programs: %s', (part) => {
  for (const { hex } of discovery[part].slice(0, part === 'loopback' ? 1 : undefined)) {
    expect(encodeQuestion(parseQuestion(bytesOf(hex))).toString('hex')).toBe(hex)
  }
})

test.each(discovery.formats.filter(({ replies }) => replies.length === 0))('no question: $name', ({ request_hex }) => {
  expect(() => parseQuestion(bytesOf(request_hex))).toThrow(LslFormatError)
})

test.each(discovery.formats.filter(({ replies }) => replies.length > 0))(
  'a question is read as a real outlet reads it: $name',
  ({ request_hex, replies }) => {
    const { id, info } = parseAnswer(bytesOf(replies[0]!.hex))
    const question = parseQuestion(bytesOf(request_hex))
    expect(question).toMatchObject({ id, query: "name='f32'" })
    expect(encodeAnswer(question.id, encodeShortInfo(info)).toString('hex')).toBe(replies[0]!.hex)
  }
)

test('times: bursts of a real inlet and odd questions', () => {
  for (const { hex, dir } of timeData.bursts) {
    const again = dir.startsWith('inlet')
      ? encodeTimeQuestion(parseTimeQuestion(bytesOf(hex)))
      : encodeTimeAnswer(parseTimeAnswer(bytesOf(hex)))
    expect(again.toString('hex')).toBe(hex)
  }
  for (const { request_hex, replies } of timeData.variants) {
    expect(isTimeQuestion(bytesOf(request_hex))).toBe(true)
    if (replies.length === 0) continue
    const { t1, t2 } = parseTimeAnswer(bytesOf(replies[0]!))
    const answer = encodeTimeAnswer({ ...parseTimeQuestion(bytesOf(request_hex)), t1, t2 })
    expect(answer.toString('hex')).toBe(replies[0])
  }
})

const answered = [...variants.float32_stream, ...variants.string_stream].filter(
  ({ request_text, response_head_text }) =>
    request_text.includes('streamfeed/1') && response_head_text.startsWith('LSL/110 200')
)

test.each(answered)('a request of the feed: $name', ({ request_text, response_head_text }) => {
  const request = parseFeedRequest(request_text)
  const answer = parseFeedAnswer(response_head_text)
  expect(answer.suppressSubnormals).toBe(!request.supportsSubnormals)
  expect(encodeFeedAnswer(answer).toString('latin1')).toBe(response_head_text)
})

test.each(['Max-Buffer-Length: abc', 'Value-Size:', 'Endian-Performance: -'])('a bad number is refused: %s', (line) => {
  expect(() => parseFeedRequest(`LSL:streamfeed/110 x\r\n${line}\r\n\r\n`)).toThrow(LslFormatError)
})

test('refusals have no line end', () => {
  const refusal = { ...parseFeedAnswer('LSL/110 404 Not found'), uid: '' }
  expect(encodeFeedAnswer(refusal).toString()).toBe('LSL/110 404 Not found')
  expect(refusal.status).toBe(404)
  for (const text of ['', 'HTTP/1.1 200 OK', 'LSL/200 200 OK', 'LSL/110 200'])
    expect(() => parseFeedAnswer(text)).toThrow(LslFormatError)
})

const FORMATS = feeds110.map(({ channel_format }) => channel_format as LslFormat)
const anyLayout = fc.record({
  format: fc.constantFrom(...FORMATS),
  channelCount: fc.integer({ min: 0, max: 5 }),
  nominalRate: fc.constantFrom(0, 100)
})

test('any samples come back, however they are cut', () => {
  fc.assert(
    fc.property(
      anyLayout,
      fc.array(fc.tuple(fc.option(fc.double({ noNaN: true }), { nil: NaN }), fc.string(), fc.integer()), {
        maxLength: 20
      }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      (layout, drawn, cuts) => {
        const { format, channelCount } = layout
        const value = (text: string, number: number): Value =>
          format === 'string' ? text.repeat(number % 97 === 0 ? 300 : 1) : number & 127
        const data = drawn.map(([, text, number]) =>
          Array.from({ length: channelCount }, (_, k) => value(text, number + k))
        )
        const stamps = Float64Array.from(drawn, ([stamp]) => stamp)
        const rows = readAll(createSampleReader(layout), encode(format, data, stamps), layout, cuts)
        const plain = (each: unknown): unknown => (typeof each === 'bigint' ? Number(each) : each)
        expect(rows.map(({ values }) => values.map(plain))).toEqual(data)
        const sent = stamps.filter((stamp) => !Number.isNaN(stamp))
        expect(rows.flatMap(({ timestamp }, k) => (Number.isNaN(stamps[k]) ? [] : [timestamp]))).toEqual([...sent])
      }
    )
  )
})

/** What comes of it: nothing wrong, or the code of the error. */
function outcomeOf(work: () => unknown): string {
  try {
    work()
    return 'read'
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

test('bytes that mean nothing are samples or an error, never anything else', () => {
  const outcomes = new Set<string>()
  fc.assert(
    fc.property(anyLayout, fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 30 }), (layout, bytes, cut) => {
      const buffer = Buffer.from(bytes)
      const archive = Buffer.concat([bytesOf('7f010901410000'), buffer])
      const attempts = [
        () => readAll(createSampleReader(layout), buffer, layout, [cut]),
        () => readAll(new ArchiveReader(layout), archive, layout, [cut]),
        () => parseQuestion(buffer),
        () => parseAnswer(buffer),
        () => parseTimeAnswer(buffer),
        () => parseFeedRequest(buffer.toString('latin1')),
        () => parseFeedAnswer(buffer.toString('latin1')),
        () => parseTimeQuestion(buffer)
      ]
      for (const attempt of attempts) outcomes.add(outcomeOf(attempt))
    })
  )
  expect([...outcomes].toSorted()).toEqual(['LSL_FORMAT', 'read'])
})

test('a header with a byte that changed is a header or an error', () => {
  const text = bytesOf(headers[0]!.fullinfo_hex).toString('utf8')
  const outcomes = new Set<string>()
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.string({ maxLength: 3 }), (at, piece) => {
      outcomes.add(outcomeOf(() => parseStreamInfo(text.slice(0, at) + piece + text.slice(at + 1))))
    })
  )
  expect([...outcomes].toSorted()).toEqual(['LSL_FORMAT', 'read'])
})

test('subnormal numbers become zero where that is asked for', () => {
  const layout: SampleLayout = { format: 'float32', channelCount: 4, nominalRate: 0 }
  const bytes = encodeNumbers(new Uint8Array(Float32Array.of(1e-40, -1e-40, 1.5, -0).buffer), Float64Array.of(1))
  const reader = createSampleReader(layout, { suppressSubnormals: true })
  expect(rowsOf(reader.push(bytes), layout)[0]!.values).toEqual([0, -0, 1.5, -0])
  const wide: SampleLayout = { ...layout, format: 'double64', channelCount: 3 }
  const doubles = encodeNumbers(new Uint8Array(Float64Array.of(5e-324, -1e-310, -2.5).buffer), Float64Array.of(1))
  const values = rowsOf(createSampleReader(wide, { suppressSubnormals: true }).push(doubles), wide)[0]!.values
  expect(values).toEqual([0, -0, -2.5])
})
