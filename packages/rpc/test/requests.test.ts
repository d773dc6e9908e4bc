import { NdArray } from '@nodeacq/ndarray'
import { ZmqSocket } from '@nodeacq/zmq'
import { describe, expect, test } from 'vitest'
import {
  CalendarDate,
  MicrosecondDate,
  RpcClient,
  RemoteError,
  float,
  getItem,
  isRemote,
  kwargs,
  lengthOf,
  release,
  setAttribute,
  setItem,
  valueOf,
  withOptions
} from '../src/index.ts'
import type { Remote } from '../src/index.ts'
import type { Demo } from './support/demo.ts'
import { readVectors } from './support/vectors.ts'
import type { Entry } from './support/vectors.ts'

/** Where the recorded server was. */
const RECORDED_ADDRESS = 'tcp://127.0.0.1:5555'
const off = { sync: 'off' } as const
const byValue = { returnType: 'value' } as const

/** What the recorded Python client did, with our client; in its order, because ids of objects are in the frames. */
function recordedCalls(client: RpcClient): [label: string, call: () => Promise<unknown>][] {
  let demo!: Remote<Demo>
  let list!: object
  let array!: Remote<NdArray>
  const echo = (value: unknown) => () => demo.echo(value)
  const arrayOf = (hex: string, dtype: string, shape: number[]) =>
    NdArray.fromBuffer(Uint8Array.from(Buffer.from(hex, 'hex')), { dtype, shape })
  const grid = NdArray.fromTyped(Int16Array.of(0, 1, 2, 3, 4, 5), [2, 3])
  const everyOther = NdArray.fromBuffer(
    Int16Array.from({ length: 12 }, (_, i) => i),
    {
      dtype: 'int16',
      shape: [3, 2],
      strides: [8, 4]
    }
  )
  const bigInts = [2n ** 53n, 2n ** 63n - 1n, 2n ** 64n - 1n]
  const ints = [0, 1, 127, 128, 255, 256, 65535, 65536, 4294967295, 4294967296, ...bigInts]
  const negatives = [-1, -32, -33, -128, -129, -32768, -32769, -2147483648, -2147483649, -(2n ** 63n)]
  const moment = new MicrosecondDate(Date.UTC(2015, 0, 1, 12), 250)
  return [
    ['ping', () => client.ping()],
    ['get_item_proxy', async () => (demo = await client.get<Remote<Demo>>('demo'))],
    ['get_item_missing', () => expect(client.get('nope')).rejects.toThrow(RemoteError)],
    ['set_item_nested', () => client.set('x', [1, 2.5, 's', null, true, { a: Uint8Array.of(0, 255), b: [1, [2]] }])],
    ['get_item_nested', () => client.get('x')],
    ['set_item_ndarray', () => client.set('arr', grid)],
    ['get_item_ndarray', () => client.get('arr')],
    ['import', () => client.import('os.path')],
    ['call_args', () => demo.add(7, 5)],
    ['call_kwargs', () => demo.kw(1, kwargs({ c: 'z' }))],
    ['echo_float32_2d', echo(NdArray.fromTyped(Float32Array.of(1.5, -2, 3.25, 0), [2, 2]))],
    ['echo_ndarray_noncontig', echo(everyOther)],
    ['echo_ndarray_transposed', echo(arrayOf('000102030405', 'uint8', [2, 3]).transpose())],
    ['echo_ndarray_bigendian', echo(arrayOf('0000000100000002', '>i4', [2]))],
    ['echo_ndarray_bool', echo(arrayOf('010001', 'bool', [3]))],
    ['echo_ndarray_0d', echo(NdArray.fromTyped(Float64Array.of(3.5), []))],
    ['echo_ndarray_empty', echo(NdArray.zeros([0, 4], 'float64'))],
    [
      'echo_ndarray_struct',
      echo(arrayOf('010000000000000061620000020000000000000063640000', "[('index', '<i8'), ('label', 'S4')]", [2]))
    ],
    ['echo_ndarray_datetime64', echo(arrayOf('fade5da54a010000', 'datetime64[ms]', [1]))],
    ['echo_ndarray_complex', echo(arrayOf('0000803f00000040', 'complex64', [1]))],
    ['echo_datetime', () => withOptions(demo, byValue).echo(moment)],
    ['echo_date', () => withOptions(demo, byValue).echo(new CalendarDate(2015, 1, 1))],
    ['echo_bytes', () => withOptions(demo, byValue).echo(Uint8Array.of(0, 1, 254, 255))],
    ['echo_none', echo(null)],
    ['echo_bool', echo(true)],
    ['echo_ints', echo([...ints, ...negatives])],
    ['echo_floats', echo([float(0), -0, 0.1, 1e300, 5e-324])],
    ['echo_nan_inf', echo([NaN, Infinity, -Infinity])],
    ['echo_str', echo('héllo 世 😀')],
    [
      'echo_nested',
      echo({ a: [1, { b: null }], c: { d: [true, false, 'x'] }, arr: NdArray.fromTyped(Uint16Array.of(1, 2)) })
    ],
    ['echo_tuple', echo([1, [2, 'x']])],
    ['echo_proxy_arg', () => demo.echo(demo)],
    ['proxy_attr_arg', () => demo.type_name(demo.nested)],
    ['return_none', () => demo.none()],
    [
      'return_proxy_of_list',
      async () => (list = (await withOptions(demo, { returnType: 'proxy' }).echo([1, 2, 7])) as object)
    ],
    ['special_len', () => lengthOf(list)],
    ['special_getitem', () => getItem(list, 2)],
    ['special_setitem', () => setItem(withOptions(list, off), 0, 9)],
    ['special_setattr', () => setAttribute(withOptions(demo, off), 'count', 11)],
    ['get_obj_value_deferred', () => valueOf(demo.count)],
    ['get_obj_auto_deferred', async () => demo.nested.name],
    ['get_obj_auto_object', async () => demo.nested],
    [
      'get_obj_bad_attr',
      () => expect(valueOf((demo as unknown as { nope: PromiseLike<null> }).nope)).rejects.toThrow(RemoteError)
    ],
    ['transfer_ndarray', async () => (array = await client.transfer(NdArray.fromTyped(Float32Array.of(1, 1, 1))))],
    ['get_transferred_shape', () => valueOf(array.shape)],
    ['delete', () => release(array)],
    ['call_error_typeerror', () => expect(demo.add(7, 'x')).rejects.toThrow(RemoteError)],
    ['call_sync_off', () => withOptions(demo, off).add(1, 2)],
    ['get_item_self', () => client.get('self')],
    ['close', () => client.closeServer()]
  ]
}

describe.each(['msgpack', 'json'] as const)('our client over %s', (name) => {
  test('sends what pyacq sends, byte for byte', async () => {
    const { entries } = readVectors(name)
    const requests = new Map(
      entries.filter((entry) => entry.direction === 'request').map((entry) => [entry.label, entry])
    )
    await using server = new RecordedServer(entries)
    await using client = await RpcClient.connect(await server.listen(), { serializer: name, autoDelete: false })
    for (const [label, call] of recordedCalls(client)) {
      const recorded = requests.get(label)
      // Left out of the JSON recording because pyacq cannot send it.
      if (recorded === undefined && name === 'json' && label === 'echo_ndarray_datetime64') continue
      if (recorded === undefined) throw new Error(`nothing is recorded as ${label}`)
      server.expected = label
      const failure = await call().then(
        () => undefined,
        (error: unknown) => error
      )
      expect([label, failure instanceof RemoteError]).toEqual([label, recorded.note?.startsWith('fails') ?? false])
      const sent = await server.taken()
      const wanted = recorded.frames_hex.map((hex) => Buffer.from(hex, 'hex'))
      const shown = (frames: Buffer[]) =>
        frames.slice(1).map((frame) => frame.toString(name === 'json' ? 'latin1' : 'hex'))
      expect([label, ...shown(sent)]).toEqual([label, ...shown(wanted)])
      expect(Number(sent[0]) < 0).toBe(Number(wanted[0]) < 0)
    }
  })
})

test('what a recorded pyacq server answers is understood', async () => {
  const { entries } = readVectors('msgpack')
  await using server = new RecordedServer(entries)
  await using client = await RpcClient.connect(await server.listen(), { autoDelete: false })
  const ask = <T>(label: string, call: () => PromiseLike<T>): PromiseLike<T> => {
    server.expected = label
    return call()
  }
  const demo = await ask('get_item_proxy', () => client.get<Remote<Demo>>('demo'))
  expect(isRemote(demo)).toBe(true)
  expect(await ask('echo_ints', () => demo.echo(1))).toContain(18446744073709551615n)
  expect(await ask('echo_nan_inf', () => demo.echo(1))).toEqual([NaN, Infinity, -Infinity])
  expect(await ask('echo_datetime', () => demo.echo(1))).toMatchObject({ microseconds: 250 })
  expect(isRemote(await ask('return_auto_bytes_', () => demo.bytes_()))).toBe(true)
  const array = await ask('return_auto_struct_arr', () => demo.struct_arr())
  expect(array.get(1)).toMatchObject({ index: 3, jitter: 1.5 })
  const failure = await ask('call_error_valueerror', () =>
    demo.boom().then(
      () => undefined,
      (error: unknown) => error
    )
  )
  expect(failure).toBeInstanceOf(RemoteError)
  expect(failure).toMatchObject({ type: 'ValueError', remoteMessage: 'deliberate', remoteCode: undefined })
  expect((failure as RemoteError).trace.length).toBeGreaterThan(5)
})

/** A ROUTER that answers each request with the recorded reply of the entry that is expected. */
class RecordedServer implements AsyncDisposable {
  expected = 'connect_ping'
  readonly #socket = new ZmqSocket('router')
  readonly #replies: ReadonlyMap<string, Entry>
  readonly #json: boolean
  #resolveTaken!: (frames: Buffer[]) => void
  #taken = this.#next()

  constructor(entries: readonly Entry[]) {
    this.#replies = new Map(
      entries
        .filter((entry) => entry.direction === 'response')
        .reverse()
        .map((entry) => [entry.label, entry])
    )
    this.#json = this.#reply('ping').toString().startsWith('{')
  }

  async listen(): Promise<string> {
    const address = await this.#socket.bind('tcp://127.0.0.1:*')
    void this.#run()
    return address
  }

  /** The frames of the request that was made since the last call. */
  async taken(): Promise<Buffer[]> {
    const frames = await this.#taken
    this.#taken = this.#next()
    return frames
  }

  #next(): Promise<Buffer[]> {
    const { promise, resolve } = Promise.withResolvers<Buffer[]>()
    this.#resolveTaken = resolve
    return promise
  }

  async #run(): Promise<void> {
    for await (const [identity, ...frames] of this.#socket) {
      if (this.expected === 'connect_ping') this.#answer(identity, frames, this.#introduction())
      else {
        this.#resolveTaken(frames)
        if (Number(frames[0]) >= 0) this.#answer(identity, frames, this.#reply(this.expected))
      }
    }
  }

  /** The recorded server listened elsewhere; a nodeacq server would say so like this. */
  #introduction(): Buffer {
    const reply = {
      action: 'return',
      req_id: 0,
      rval: { instance: 'recorded', address: RECORDED_ADDRESS },
      error: null
    }
    if (this.#json) return Buffer.from(JSON.stringify(reply))
    const text = (value: string) => Buffer.concat([Buffer.of(0xa0 + value.length), Buffer.from(value)])
    const { instance, address } = reply.rval
    return Buffer.concat([
      ...[Buffer.of(0x84), text('action'), text('return'), text('req_id'), Buffer.of(0), text('rval'), Buffer.of(0x82)],
      ...[text('instance'), text(instance), text('address'), text(address), text('error'), Buffer.of(0xc0)]
    ])
  }

  #answer(identity: Buffer | undefined, frames: readonly Buffer[], reply: Buffer): void {
    // The id of the request takes the place of the recorded one.
    const id = Number(frames[0])
    const bytes = this.#json
      ? Buffer.from(reply.toString().replace(/"req_id": ?\d+/, `"req_id": ${id}`))
      : withMsgpackId(reply, id)
    void this.#socket.send([identity ?? Buffer.alloc(0), bytes])
  }

  #reply(label: string): Buffer {
    return Buffer.from(this.#replies.get(label)?.frames_hex[0] ?? '', 'hex')
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close()
    return Promise.resolve()
  }
}

function withMsgpackId(reply: Buffer, id: number): Buffer {
  const place = reply.indexOf('req_id') + 'req_id'.length
  if (id > 127 || (reply[place] ?? 255) > 127) throw new Error('expected ids of one byte')
  const copy = Buffer.from(reply)
  copy[place] = id
  return copy
}
