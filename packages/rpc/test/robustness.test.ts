import { afterAll, beforeAll, expect, test } from 'vitest'
import { RpcClient, RpcServer, setLogDisplay } from '../src/index.ts'
import { json } from '../src/serialize/json.ts'
import { msgpack } from '../src/serialize/msgpack.ts'
import type { Tree } from '../src/serialize/Serializer.ts'
import { eventually } from './support/eventually.ts'
import { LogLines } from './support/logLines.ts'
import { RawClient } from './support/RawClient.ts'
import { Demo } from './support/demo.ts'

let server: RpcServer

beforeAll(async () => {
  setLogDisplay(false)
  server = await RpcServer.start({ maxMessageSize: 1 << 20 })
  server.publish('demo', new Demo())
})

afterAll(() => server.close())

const NOT_UTF8 = Buffer.of(0xff, 0xfe, 0x80)
const NAME = msgpack.encode({ name: 'demo' })

/** Frames of a request, and the class of the error it gets; null when no reply is possible. */
const MALFORMED: readonly [what: string, frames: (string | Uint8Array)[], error: string | null][] = [
  ['no frames but an empty one', [''], null],
  ['an id that is no number', ['seven', 'ping', 'auto', 'msgpack', ''], null],
  ['an id that is not UTF-8', [NOT_UTF8, 'ping', 'auto', 'msgpack', ''], null],
  ['an id like Infinity', ['1e999', 'ping', 'auto', 'msgpack', ''], null],
  ['an id of many digits', ['9'.repeat(400), 'ping', 'auto', 'msgpack', ''], null],
  ['too few frames', ['1', 'ping'], 'ValueError'],
  ['only an id', ['1'], 'ValueError'],
  ['too many frames', ['1', 'ping', 'auto', 'msgpack', '', 'more', 'and more'], 'ValueError'],
  ['an empty delimiter', ['1', '', 'ping', 'auto', 'msgpack', ''], 'ValueError'],
  ['an unknown serializer', ['1', 'ping', 'auto', 'pickle', ''], 'ValueError'],
  ['a serializer that is not UTF-8', ['1', 'ping', 'auto', NOT_UTF8, ''], 'ValueError'],
  ['a serializer named like a member of Object', ['1', 'ping', 'auto', 'constructor', ''], 'ValueError'],
  ['an unknown action', ['1', 'fly', 'auto', 'msgpack', NAME], 'ValueError'],
  ['an action that is not UTF-8', ['1', NOT_UTF8, 'auto', 'msgpack', NAME], 'ValueError'],
  ['options that cannot be decoded', ['1', 'get_item', 'auto', 'msgpack', Buffer.of(0xc1)], 'ValueError'],
  ['options in the other serializer', ['1', 'get_item', 'auto', 'json', NAME], 'ValueError'],
  ['options that are cut off', ['1', 'get_item', 'auto', 'msgpack', NAME.subarray(0, 5)], 'ValueError'],
  ['options that are a list', ['1', 'get_item', 'auto', 'msgpack', Buffer.of(0x90)], 'TypeError'],
  ['options that are a number', ['1', 'get_item', 'auto', 'msgpack', Buffer.of(7)], 'TypeError'],
  ['options that are null', ['1', 'get_item', 'auto', 'msgpack', Buffer.of(0xc0)], 'TypeError'],
  ['options nested too deep', ['1', 'get_obj', 'auto', 'msgpack', Buffer.alloc(100_000, 0x91)], 'ValueError'],
  ['options that claim too much', ['1', 'get_obj', 'auto', 'msgpack', Buffer.from('dd7fffffff', 'hex')], 'ValueError'],
  ['no options where they are needed', ['1', 'get_item', 'auto', 'msgpack', ''], 'TypeError'],
  ['a name that is no text', ['1', 'get_item', 'auto', 'msgpack', msgpack.encode({ name: 5 })], 'TypeError'],
  ['a call of nothing', ['1', 'call_obj', 'auto', 'msgpack', ''], 'TypeError'],
  ['a call of a number', ['1', 'call_obj', 'auto', 'msgpack', msgpack.encode({ obj: 5 })], 'TypeError'],
  ['an unknown reference', ['1', 'delete', 'auto', 'msgpack', msgpack.encode({ obj_id: 99, ref_id: 99 })], 'KeyError'],
  ['a deletion of nothing', ['1', 'delete', 'auto', 'msgpack', ''], 'KeyError'],
  ['an import of nothing', ['1', 'import', 'auto', 'msgpack', ''], 'TypeError']
]

test.each(MALFORMED)('%s: the server lives, and the caller hears of it if it can', async (_what, frames, error) => {
  await using client = new RawClient(server.address)
  await client.send(...frames)
  const reply = error === null ? null : await client.receive()
  expect(reply && [reply.action, reply.req_id, reply.error?.[0]]).toEqual(error && ['return', 1, error])
  expect(reply?.error?.[1].at(-1) ?? 'X: none\n').toMatch(/^\w+: .*\n$/s)
  expect(await client.result('ping', undefined)).toBe('pong')
})

test('each malformed message is one line in the log, and a flood of them few', async () => {
  using log = new LogLines()
  // A server of its own: those above used up the lines that the shared one may write.
  await using fresh = await RpcServer.start()
  await using client = new RawClient(fresh.address)
  for (let i = 0; i < 200; i++) await client.send('x', 'ping')
  expect(await client.result('ping', undefined)).toBe('pong')
  const lines = log.lines.filter((line) => line.includes('expected a request id'))
  expect(lines.length).toBeGreaterThanOrEqual(1)
  expect(lines.length).toBeLessThanOrEqual(20)
})

test('any return type but proxy means value', async () => {
  await using client = new RawClient(server.address)
  for (const type of ['value', 'nonsense', '']) {
    await client.send('1', 'ping', type, 'msgpack', '')
    expect((await client.receive()).rval).toBe('pong')
  }
  await client.send('1', 'ping', 'proxy', 'msgpack', '')
  expect((await client.receive()).rval).toMatchObject({ ___type_name___: 'proxy', type_str: "<class 'str'>" })
})

test('an identity that zeromq made, which is no text, is served', async () => {
  const client = new RawClient(server.address, '\u0000')
  await client.socket[Symbol.asyncDispose]()
  await using automatic = new RawClient(server.address, undefined)
  expect(await automatic.result('ping', undefined)).toBe('pong')
})

test('of two clients with one identity the first is served, and the server lives', async () => {
  await using first = new RawClient(server.address, 'twin')
  expect(await first.result('ping', undefined)).toBe('pong')
  await using second = new RawClient(server.address, 'twin')
  await second.send('0', 'ping', 'auto', 'msgpack', '')
  expect(await first.result('ping', undefined)).toBe('pong')
})

test('a message that is too large costs its sender the connection, and nobody else', async () => {
  await using large = new RawClient(server.address)
  await using other = new RawClient(server.address)
  expect(await large.result('ping', undefined)).toBe('pong')
  const cut = new Promise<void>((resolve) => large.socket.onConnection('disconnect', () => resolve()))
  await large.send('0', 'ping', 'auto', 'msgpack', new Uint8Array(2 << 20))
  await cut
  expect(await other.result('ping', undefined)).toBe('pong')
})

test('each request is answered in its own serializer', async () => {
  await using client = new RawClient(server.address)
  const ask = async (serializer: typeof json) => {
    await client.send('5', 'get_item', 'auto', serializer.name, serializer.encode({ name: 'nothing' }))
    const [bytes = Buffer.alloc(0)] = await client.socket.receive()
    return [serializer.recognizes(bytes), (serializer.decode(bytes) as unknown as { req_id: number }).req_id]
  }
  expect(await ask(msgpack)).toEqual([true, 5])
  expect(await ask(json)).toEqual([true, 5])
  expect(await ask(msgpack)).toEqual([true, 5])
})

test('a result that cannot travel is an error, not silence', async () => {
  server.publish('bad', { circle: null as unknown, '~proxied': true, symbol: () => Symbol('s'), never: () => circle })
  const circle: unknown[] = []
  circle.push(circle)
  await using client = new RawClient(server.address)
  const obj = (await client.result('get_item', { name: 'bad' })) as { [key: string]: Tree }
  for (const member of ['symbol', 'never'])
    expect(await client.failure('call_obj', { obj: { ...obj, attributes: [member] } })).toBe('ValueError')
})

test('what is thrown, whatever it is, is an error reply', async () => {
  const nothing = Object.create(null) as Error
  const broken = Object.defineProperty(new Error('x'), 'message', { get: () => expect.fail('a getter') })
  const things: unknown[] = [nothing, broken, undefined, null, 5, Symbol('s'), { a: 1 }, 'text']
  server.publish('thrower', {
    now: (i: number) => {
      throw things[i]
    },
    later: (i: number) => Promise.reject(things[i])
  })
  await using client = new RawClient(server.address)
  const obj = (await client.result('get_item', { name: 'thrower' })) as { [key: string]: Tree }
  for (const member of ['now', 'later'])
    for (let i = 0; i < things.length; i++)
      expect(await client.failure('call_obj', { obj: { ...obj, attributes: [member] }, args: [i] })).toBe(
        'RuntimeError'
      )
})

test('a callback that fails while nobody waits for it does not end the process', async () => {
  using log = new LogLines()
  const failures: unknown[] = []
  const count = (error: unknown) => failures.push(error)
  process.on('unhandledRejection', count)
  server.publish('list', { items: [1, 2, 3], run: async (given: unknown) => given })
  await using client = new RawClient(server.address)
  const obj = (await client.result('get_item', { name: 'list' })) as { [key: string]: Tree }
  // A server of its own, where this object is not.
  await using other = await RpcServer.start()
  const nowhere = { ...obj, rpc_addr: other.address, obj_id: 77, attributes: [] }
  const call = (attributes: string[], ...args: Tree[]) =>
    client.request('call_obj', { obj: { ...obj, attributes }, args })
  expect((await call(['items', 'forEach'], nowhere)).error).toBeNull()
  for (const key of ['then', 'toJSON'])
    expect((await call(['run'], Object.fromEntries([[key, nowhere]]))).error?.[0]).toBe('ValueError')
  const logged = () => log.lines.filter((line) => line.includes('a call of a proxy that a client gave failed')).length
  await eventually(() => logged() === 3)
  await new Promise(setImmediate)
  process.off('unhandledRejection', count)
  expect(failures).toEqual([])
  await RpcClient.closeAll()
})

test('a request without reply that fails is a line in the log', async () => {
  using log = new LogLines()
  await using client = new RawClient(server.address)
  await client.send('-1', 'get_item', 'auto', 'msgpack', msgpack.encode({ name: 'missing' }))
  expect(await client.result('ping', undefined)).toBe('pong')
  expect(log.lines.join()).toMatch(/get_item failed, and no reply was asked for/)
})
