import { seededRandom } from 'testing'
import { expect, test } from 'vitest'
import { parseCortexMessage } from './messages.ts'
import { parseV1Message } from './v1/messages.ts'

test('the three kinds are told apart by a member', () => {
  expect(parseCortexMessage('{"id":"a1b2c3","jsonrpc":"2.0","result":[]}')).toEqual({
    kind: 'response',
    id: 'a1b2c3',
    result: []
  })
  expect(parseCortexMessage('{"id":1,"jsonrpc":"2.0","error":{"code":-32005,"message":"m"}}')).toEqual({
    kind: 'response',
    id: 1,
    error: { code: -32005, message: 'm' }
  })
  expect(parseCortexMessage('{"com":["push",0.5],"sid":"s","time":1.5}')).toEqual({
    kind: 'sample',
    session: 's',
    stream: 'com',
    time: 1.5,
    values: ['push', 0.5]
  })
  expect(parseCortexMessage('{"jsonrpc":"2.0","warning":{"code":6,"message":"text"}}')).toEqual({
    kind: 'warning',
    code: 6,
    text: 'text',
    details: {}
  })
  expect(parseCortexMessage('{"warning":{"code":30,"message":{"recordId":"r"}}}')).toMatchObject({
    code: 30,
    details: { recordId: 'r' }
  })
})

test('what is no JSON is not quoted: it may hold a token', () => {
  for (const parse of [parseCortexMessage, parseV1Message]) {
    expect(() => parse('{"id":1,"result":{"_auth":"TOKEN')).toThrow(/^expected JSON$/)
  }
})

const seed = Number(process.env['NODEACQ_SEED'] ?? 1)

test(`a frame that is cut or changed anywhere is read or is a SyntaxError (seed ${seed})`, () => {
  const random = seededRandom(seed)
  const frames = [
    '{"id":1,"jsonrpc":"2.0","error":{"code":-32005,"message":"m"}}',
    '{"eeg":[1,0,4200.5,[]],"sid":"s","time":1.5}',
    '{"jsonrpc":"2.0","warning":{"code":1,"message":{"behavior":"b","sessionId":"s"}}}'
  ]
  const kinds = new Set<string>()
  let refused = 0
  for (let k = 0; k < 3000; k++) {
    const frame = frames[k % 3]!
    const at = Math.floor(random() * frame.length)
    const broken =
      random() < 0.5
        ? frame.slice(0, at)
        : frame.slice(0, at) + String.fromCharCode(32 + random() * 94) + frame.slice(at + 1)
    try {
      kinds.add(parseCortexMessage(broken).kind)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      refused += 1
    }
  }
  expect([...kinds].sort()).toEqual(['response', 'sample', 'warning'])
  expect(refused).toBeGreaterThan(1000)
})
