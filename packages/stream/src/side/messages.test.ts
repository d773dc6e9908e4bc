import { encode } from '@msgpack/msgpack'
import { expect, test } from 'vitest'
import { decodeSide, encodeChunk, encodeSide, SIDE_VERSION } from './messages.ts'
import type { SideChunk, SideMessage } from './messages.ts'

const MESSAGES: readonly Exclude<SideMessage, SideChunk>[] = [
  {
    kind: 'hello',
    consumer: 'c',
    attempt: 2,
    name: null,
    token: 't',
    delivery: 'complete',
    source: 's',
    run: 3,
    from: 2 ** 40,
    chunks: 1000,
    bytes: 64e6,
    bell: '/dev/shm/bell',
    who: { node: 'disk', input: 'raw', process: 'lab/12' }
  },
  { kind: 'credit', taken: 2 ** 33, holding: false },
  { kind: 'ack', run: 1, index: 5 },
  { kind: 'sync', id: 1, from: 2, index: null, crc: 2 ** 32 - 1 },
  { kind: 'alive' },
  { kind: 'leave' },
  {
    kind: 'welcome',
    consumer: 'c',
    attempt: 2,
    source: 's',
    run: 1,
    from: 0,
    headRun: 1,
    index: 5,
    hasEnded: true,
    seat: 3,
    chunk: 7
  },
  { kind: 'run', run: 2, previous: 1, index: 100 },
  { kind: 'head', run: 2, index: 100, time: 12.5 },
  { kind: 'end', run: 2, index: 100 },
  { kind: 'holes', run: 2, holes: [[10, 20, 'device']] },
  { kind: 'gone', run: 2, to: 30 },
  { kind: 'mark', run: 2, index: 30, time: 1.25 },
  { kind: 'synced', id: 1, run: 2, index: 30, sender: null },
  { kind: 'params', params: { dtype: 'float32', nodeacq: { side: 'tcp://127.0.0.1:1' } } },
  { kind: 'goodbye', run: 2, index: 30 },
  { kind: 'unknown' },
  { kind: 'ping', sent: 12.5 },
  { kind: 'pong', sent: 12.5, received: 1e9, answered: 1e9 + 0.25 },
  { kind: 'clock', run: 2, pieces: [[0, 1e9, 1e10, 1 / 30, 0.01, 63, 2e9]] },
  { kind: 'device', run: 2, index: 30, time: 2 ** 40, uncertainty: 0.5 }
]

test.for(MESSAGES)('$kind reads as it was written', (message) => {
  expect(decodeSide([Buffer.from(encodeSide(message))])).toEqual(message)
})

test.for([
  ['a short first frame', [Buffer.alloc(56, 7), Buffer.alloc(4096, 8)]],
  ['a long first frame', [Buffer.alloc(200, 7), Buffer.alloc(3, 8)]],
  ['one frame', [Buffer.alloc(16, 7)]],
  ['three frames', [Buffer.alloc(1), Buffer.alloc(2), Buffer.alloc(3)]],
  ['an empty frame', [Buffer.alloc(0), Buffer.alloc(2)]]
] as const)('a chunk with %s reads as it was written', ([, frames]) => {
  const chunk: SideChunk = { kind: 'chunk', run: 4, index: 2 ** 45, samples: 64, frames }
  const message = encodeChunk(chunk).map((frame) => Buffer.from(frame))
  expect(decodeSide(message)).toEqual(chunk)
})

const body = (...values: unknown[]): Buffer => Buffer.from(encode(values))
const message = (code: number, rest: Uint8Array, version = SIDE_VERSION): Buffer[] => [
  Buffer.concat([Buffer.of(version, code), rest])
]

test.for([
  ['nothing', []],
  ['an empty frame', [Buffer.alloc(0)]],
  ['one byte', [Buffer.of(1)]],
  ['another version', message(3, body(1, 5), 2)],
  ['an unknown kind', message(99, body())],
  ['no msgpack', message(3, Buffer.from([0xc1, 0xff]))],
  ['msgpack that is cut off', message(3, body(1, 5).subarray(0, 2))],
  ['a map instead of a list', message(3, Buffer.from(encode({ run: 1, index: 5 })))],
  ['too few fields', message(3, body(1))],
  ['too many fields', message(3, body(1, 2, 3))],
  ['a text for a number', message(3, body('1', 5))],
  ['NaN', message(3, body(Number.NaN, 5))],
  ['a delivery that does not exist', message(1, body('c', null, null, 'sometimes', null, null, 1, 1, {}))],
  ['a hole of two numbers', message(36, body(1, [[1, 2]]))],
  ['a line of a clock with six numbers', message(48, body(1, [[1, 2, 3, 4, 5, 6]]))],
  ['a text without an end', message(1, body('x'.repeat(2000), null, null, 'latest', null, null, 1, 1, {}))],
  ['another frame behind', [...message(3, body(1, 5)), Buffer.alloc(1)]],
  ['a chunk header that is cut off', [Buffer.of(1, 64, 0, 0, 1, 2, 3)]],
  ['a chunk without frames', [Buffer.concat([Buffer.of(1, 64, 0, 0), Buffer.alloc(20)])]],
  ['a chunk whose first frame is shorter than it says', [Buffer.concat([Buffer.of(1, 64, 9, 0), Buffer.alloc(24)])]]
] as const)('%s is no message', ([, frames]) => {
  expect(decodeSide(frames)).toBeUndefined()
})
