import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RdaFormatError } from './RdaError.ts'
import { encodeRda, RdaReader, type RdaMessage } from './rdaMessages.ts'

interface Vector {
  readonly type: number
  readonly hex: string
  readonly block?: number
  readonly points?: number
  readonly data?: readonly (readonly number[])[]
  readonly markers?: readonly object[]
}

/** Messages that FieldTrip's client accepted. */
const vectors = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/rda_brainamp_messages.json', import.meta.url), 'utf8')
) as {
  readonly float32Sequence: readonly Vector[]
  readonly int16Sequence: readonly Vector[]
  readonly malformed: readonly { readonly name: string; readonly hex: string }[]
}

const bytesOf = (sequence: readonly Vector[]) => sequence.map(({ hex }) => Buffer.from(hex, 'hex'))
const readAll = (pieces: readonly Buffer[]) => {
  const reader = new RdaReader()
  return pieces.flatMap((piece) => [...reader.push(piece)])
}

test.each(['float32Sequence', 'int16Sequence'] as const)('%s is read as it says, and written again', (name) => {
  const sequence = vectors[name]
  const messages = readAll(bytesOf(sequence))
  expect(messages.map((message) => encodeRda(message).toString('hex'))).toEqual(sequence.map(({ hex }) => hex))
  expect(messages[0]).toEqual({
    kind: 'start',
    samplingInterval: 2000,
    resolutions: [0.5, 0.5, 10],
    names: ['Fp1', 'Cz', 'EOG']
  })
  for (const [k, { block, points, data, markers }] of sequence.entries()) {
    if (data === undefined) continue
    const message = messages[k] as Extract<RdaMessage, { kind: 'data' }>
    expect(message).toMatchObject({ kind: 'data', block, points })
    expect([...message.values]).toEqual(data.flat())
    expect(message.markers).toHaveLength(markers!.length)
    for (const [m, marker] of message.markers.entries()) expect(markers![m]).toMatchObject(marker)
  }
  expect(messages.at(-1)).toEqual({ kind: 'stop' })
})

test.each(vectors.malformed)('$name is an error', ({ hex }) => {
  expect(() => readAll([Buffer.from(hex, 'hex')])).toThrow(RdaFormatError)
})

const text = fc.string({
  unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 12
})
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const marker = fc.record({
  position: uint32,
  points: uint32,
  channel: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  type: text,
  description: text
})

function dataOf(channels: number): fc.Arbitrary<RdaMessage> {
  const message = fc.record({
    kind: fc.constant('data' as const),
    block: uint32,
    points: fc.nat(5),
    markers: fc.array(marker, { maxLength: 3 })
  })
  const values = fc.oneof(
    fc.int16Array({ minLength: 5 * channels, maxLength: 5 * channels }),
    fc.float32Array({ minLength: 5 * channels, maxLength: 5 * channels, noNaN: true })
  )
  return fc.tuple(message, values).map(([given, all]) => {
    return { ...given, values: all.slice(0, given.points * channels) as Int16Array<ArrayBuffer> }
  })
}

const sequences = fc
  .array(fc.record({ name: text, resolution: fc.double({ noNaN: true, noDefaultInfinity: true }) }), {
    minLength: 1,
    maxLength: 4
  })
  .chain((channels) => {
    const start: RdaMessage = {
      kind: 'start',
      samplingInterval: 200,
      names: channels.map(({ name }) => name),
      resolutions: channels.map(({ resolution }) => resolution)
    }
    const rest = fc.oneof(
      dataOf(channels.length),
      fc.constant<RdaMessage>({ kind: 'stop' }),
      fc.integer({ min: 5, max: 20_000 }).map((type): RdaMessage => ({ kind: 'other', type }))
    )
    return fc.array(rest, { maxLength: 6 }).map((messages) => [start, ...messages])
  })

test('messages are the same wherever the network cuts them', () => {
  fc.assert(
    fc.property(sequences, fc.array(fc.nat(400), { maxLength: 20 }), (messages, cuts) => {
      const whole = Buffer.concat(messages.map(encodeRda))
      const places = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b), whole.length]
      const pieces = places.slice(1).map((to, k) => whole.subarray(places[k], to))
      expect(readAll(pieces)).toEqual(messages)
    })
  )
})

test('a stream with a byte that changed, or of random bytes, gives messages or an RdaFormatError', () => {
  let refused = 0
  const read = (bytes: Buffer) => {
    try {
      readAll([bytes])
    } catch (error) {
      if (!(error instanceof RdaFormatError)) throw error
      refused += 1
    }
  }
  fc.assert(
    fc.property(sequences, fc.nat(), fc.nat(255), fc.uint8Array({ maxLength: 100 }), (messages, at, value, noise) => {
      const whole = Buffer.concat(messages.map(encodeRda))
      read(Buffer.concat([whole, noise]))
      whole[at % whole.length] = value
      read(whole)
    }),
    { numRuns: 300 }
  )
  expect(refused).toBeGreaterThan(100)
})

test('a size beyond all reason is refused at once, not waited for', () => {
  const huge = encodeRda({ kind: 'stop' })
  huge.writeUInt32LE(2 ** 31, 16)
  expect(() => readAll([huge])).toThrow(/24 to 16777216 bytes, got one of 2147483648/)
})

test('a message whose end is missing is an error, not samples made of the next one', () => {
  const [start, data, next] = bytesOf(vectors.float32Sequence) as [Buffer, Buffer, Buffer]
  for (let length = 24; length < data.length; length++) {
    const cut = data.subarray(0, length)
    expect(() => readAll([start, cut, next, next])).toThrow(RdaFormatError)
  }
})
