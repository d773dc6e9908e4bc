import { seededRandom } from 'testing'
import { expect, test } from 'vitest'
import { parseV1Message } from './messages.ts'

test('responses and notifications are told apart by the time', () => {
  expect(parseV1Message('{"id":1,"jsonrpc":"2.0","result":"ok"}')).toEqual({ kind: 'response', id: 1, result: 'ok' })
  expect(parseV1Message('{"id":1,"jsonrpc":"2.0","error":{"code":123,"text":"eegData unavailable"}}')).toEqual({
    kind: 'response',
    id: 1,
    error: { code: 123, text: 'eegData unavailable' }
  })
  expect(parseV1Message('{"id":"s","time":1489191278895,"eeg":[1,2],"con":[99]}')).toEqual({
    kind: 'notification',
    session: 's',
    time: 1489191278895,
    streams: { eeg: [1, 2], con: [99] }
  })
  for (const text of [
    '[]',
    '{}',
    '{"id":1}',
    '{"id":1,"time":2}',
    '{"id":1,"time":2,"eeg":3}',
    '{"time":2,"eeg":[3]}'
  ]) {
    expect(() => parseV1Message(text)).toThrow(SyntaxError)
  }
})

const seed = Number(process.env['NODEACQ_SEED'] ?? 1)

test(`a frame that is cut or changed anywhere, or random, is read or is a SyntaxError (seed ${seed})`, () => {
  const random = seededRandom(seed)
  const frames = [
    '{"id":1,"jsonrpc":"2.0","error":{"code":100,"text":"Invalid Auth Token"}}',
    '{"id":"s","time":1489191278895,"eeg":[1,0,4200.5,null],"con":[1,2]}'
  ]
  const kinds = new Set<string>()
  let refused = 0
  for (let k = 0; k < 3000; k++) {
    const frame = frames[k % 2]!
    const at = Math.floor(random() * frame.length)
    const character = String.fromCharCode(32 + random() * 94)
    const broken = [
      frame.slice(0, at),
      frame.slice(0, at) + character + frame.slice(at + 1),
      Array.from({ length: 20 }, () => String.fromCharCode(random() * 300)).join('')
    ]
    try {
      kinds.add(parseV1Message(broken[k % 3]!).kind)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      refused += 1
    }
  }
  expect([...kinds].sort()).toEqual(['notification', 'response'])
  expect(refused).toBeGreaterThan(1500)
})
