import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  ConnectError,
  DisconnectedError,
  RemoteError,
  RpcClient,
  RpcServer,
  RpcTimeoutError,
  getItem,
  isRemote,
  proxyOf,
  registerSerializer,
  valueOf,
  withOptions
} from '../src/index.ts'
import type { Remote } from '../src/index.ts'
import { json } from '../src/serialize/json.ts'
import { ServerProcess } from './support/ServerProcess.ts'
import type { Worker } from './support/serverProgram.ts'

const connect = async (process: ServerProcess) => {
  const client = await RpcClient.connect(process.address)
  return { client, worker: await client.get<Remote<Worker>>('worker') }
}

/** How a call ends, looked at later than it may happen. */
const outcome = (call: Promise<unknown>) => call.catch((error: unknown) => error)

/** For the tests that leave it alive. */
let shared: ServerProcess

beforeAll(async () => {
  shared = await ServerProcess.start()
})

afterAll(() => shared.kill())

test('a server that is killed ends pending and later calls, and tells listeners once', async () => {
  await using server = await ServerProcess.start()
  const { client, worker } = await connect(server)
  const told: unknown[] = []
  client.onDisconnect((error) => told.push(error))
  const pending = outcome(worker.forever())
  const unlimited = outcome(withOptions(worker, { timeout: 0 }).forever())
  await worker.add(1, 2)
  const since = performance.now()
  await server.kill()
  expect(await pending).toBeInstanceOf(DisconnectedError)
  expect(await unlimited).toMatchObject({ code: 'DISCONNECTED', reason: expect.stringContaining('did not come back') })
  // Printed, not asserted: how long a dead server goes unnoticed.
  process.stdout.write(`  a killed server was noticed after ${(performance.now() - since).toFixed(0)} ms\n`)
  await expect(worker.add(1, 2)).rejects.toThrow(DisconnectedError)
  expect(client.disconnected).toBe(true)
  expect(told).toHaveLength(1)
})

test('a server that exits says goodbye', async () => {
  await using server = await ServerProcess.start()
  const { client, worker } = await connect(server)
  const gone = new Promise<DisconnectedError>((resolve) => client.onDisconnect(resolve))
  await withOptions(worker, { sync: 'off' }).exit(0)
  expect((await gone).reason).toBe('the server closed')
})

test('a busy server is not taken for dead', async () => {
  const client = await RpcClient.connect(shared.address, { reconnectTimeout: 200 })
  const worker = await client.get<Remote<Worker>>('worker')
  await expect(withOptions(worker, { timeout: 50 }).block(1000)).rejects.toThrow(RpcTimeoutError)
  expect(await worker.add(1, 2)).toBe(3)
  expect(client.disconnected).toBe(false)
  await client.close()
})

test('another server in the place of the one that died is not talked to with old proxies', async () => {
  await using first = await ServerProcess.start()
  const { client, worker } = await connect(first)
  await first.kill()
  await using second = await ServerProcess.start(first.address)
  await expect(worker.add(1, 2)).rejects.toThrow(DisconnectedError)
  expect(client.disconnected).toBe(true)
  const again = await RpcClient.get(second.address)
  expect(await (await again.get<Remote<Worker>>('worker')).add(1, 2)).toBe(3)
  await again.close()
})

test('a call that takes too long names what was called; its late reply is dropped', async () => {
  const { client, worker } = await connect(shared)
  const slow = withOptions(worker, { timeout: 30 }).block(200)
  await expect(slow).rejects.toThrow(/Worker'>\.block at tcp:.* within 30 ms/)
  expect(await worker.add(2, 2)).toBe(4)
  await client.close()
})

test('a call can be given up with a signal', async () => {
  const { client, worker } = await connect(shared)
  const controller = new AbortController()
  const call = withOptions(worker, { signal: controller.signal }).forever()
  controller.abort(new Error('not needed any more'))
  await expect(call).rejects.toThrow('not needed any more')
  await expect(withOptions(worker, { signal: controller.signal }).add(1, 2)).rejects.toThrow('not needed any more')
  await client.close()
})

test('where nothing listens, and where something else does, connecting says so', async () => {
  await expect(RpcClient.connect('tcp://127.0.0.1:1', { connectTimeout: 200 })).rejects.toThrow(ConnectError)
  await expect(RpcClient.connect('tcp://127.0.0.1:1', { connectTimeout: 200 })).rejects.toThrow('nothing listens there')
  const silent = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  await expect(RpcClient.connect(`tcp://127.0.0.1:${port}`, { connectTimeout: 200 })).rejects.toThrow(ConnectError)
  silent.close()
  await expect(RpcClient.connect('tcp://127.0.0.1:1', { serializer: 'pickle' })).rejects.toThrow('msgpack, json')
})

test('close ends pending calls; closing twice is safe', async () => {
  const { client, worker } = await connect(shared)
  const pending = outcome(worker.forever())
  await client.close()
  await client.close()
  expect(await pending).toBeInstanceOf(DisconnectedError)
})

test('there is one connection per address, and a new one after it ended', async () => {
  const [one, two] = await Promise.all([RpcClient.get(shared.address), RpcClient.get(shared.address)])
  expect(one).toBe(two)
  await one.close()
  const three = await RpcClient.get(shared.address)
  expect(three).not.toBe(one)
  await three.close()
})

test('closeServer ends the process, and every other client hears of it', async () => {
  await using server = await ServerProcess.start()
  const { client } = await connect(server)
  const other = await connect(server)
  const exit = once(server.child, 'exit')
  const pending = outcome(other.worker.forever())
  await client.closeServer()
  expect(await pending).toMatchObject({ code: 'DISCONNECTED', reason: 'the server closed' })
  expect((await exit)[0]).toBe(0)
  await expect(client.ping()).rejects.toThrow(DisconnectedError)
})

test('a callback is called back while the call that uses it waits (A → B → A)', async () => {
  const { client, worker } = await connect(shared)
  expect(RpcServer.current()).toBeUndefined()
  // The callback calls B again while B waits for it.
  const callback = proxyOf(async (value: number) => worker.add(value, 2))
  expect(await worker.bounce(callback as unknown as (value: number) => Promise<number>, 5)).toBe(10)
  expect(RpcServer.current()).toBeDefined()
  await client.close()
  await RpcServer.current()?.close()
})

test('a proxy of a third process works wherever it goes', async () => {
  await using b = await ServerProcess.start()
  const { client, worker } = await connect(shared)
  const theirs = await worker.fetchFrom(b.address, 'worker')
  expect(isRemote(theirs)).toBe(true)
  expect(await theirs.pid).toBe(b.child.pid)
  expect(await worker.addThere(theirs, 3, 4)).toBe(7)
  // Back at its owner it is the object itself.
  expect(await theirs.addThere(theirs, 1, 1)).toBe(2)
  await RpcClient.closeAll()
  expect(client.disconnected).toBe(true)
})

test('requests are started in order, and one that waits holds up nobody', async () => {
  const { client, worker } = await connect(shared)
  const waiting = outcome(worker.forever())
  const counts = await Promise.all(Array.from({ length: 500 }, () => worker.count()))
  expect(counts).toEqual(Array.from({ length: 500 }, (_, i) => i + 1))
  await client.close()
  expect(await waiting).toBeInstanceOf(DisconnectedError)
})

test('clocks can be compared', async () => {
  const { client } = await connect(shared)
  // The same machine has one monotonic clock.
  expect(Math.abs(await client.measureClockDiff())).toBeLessThan(1)
  await client.close()
})

test('a registered serializer is used by clients and servers of its name', async () => {
  registerSerializer({
    name: 'reversed-json',
    encode: (tree) => Buffer.from(json.encode(tree)).reverse(),
    decode: (bytes) => json.decode(Buffer.from(bytes).reverse()),
    recognizes: (message) => message[0] === 0x7d
  })
  await using server = await RpcServer.start()
  server.publish('settings', { list: [1, 2, 3] })
  await using client = await RpcClient.connect(server.address, { serializer: 'reversed-json' })
  expect(await client.get('settings')).toEqual({ list: [1, 2, 3] })
  await expect(client.get('nothing')).rejects.toMatchObject({ type: 'KeyError' })
})

test('a failure in a third process keeps its type, name and code all the way', async () => {
  class CodedError extends Error {
    override readonly name = 'CodedError'
    readonly code = 'CODED'
  }
  await using inner = await RpcServer.start()
  inner.publish('tools', {
    fail: () => {
      throw new CodedError('too much')
    }
  })
  await using outer = await RpcServer.start()
  outer.publish('relay', {
    run: async () => {
      await using client = await RpcClient.connect(inner.address)
      await (await client.get<Remote<{ fail(): void }>>('tools')).fail()
    }
  })
  await using client = await RpcClient.connect(outer.address)
  const relay = await client.get<Remote<{ run(): Promise<void> }>>('relay')
  const failure = await outcome(relay.run())
  expect(failure).toMatchObject({ type: 'CodedError', remoteName: 'CodedError', remoteCode: 'CODED' })
  expect((failure as RemoteError).message).toMatch(/^CodedError: too much \(.*fail at .*\) \(.*run at .*\)$/)
})

test('disposing of a proxy whose process is gone is no error', async () => {
  await using server = await ServerProcess.start()
  const client = await RpcClient.connect(server.address, { reconnectTimeout: 50 })
  {
    await using _worker = await client.get<Remote<Worker>>('worker')
    await server.kill()
  }
  expect(client.disconnected).toBe(true)
})

test('values, items and failures over both serializers', async () => {
  await using server = await RpcServer.start()
  server.publish('settings', { list: [1, 2, 3], rate: 1000 })
  for (const serializer of ['msgpack', 'json']) {
    await using client = await RpcClient.connect(server.address, { serializer })
    expect(await client.get('settings')).toEqual({ list: [1, 2, 3], rate: 1000 })
    await client.set(`mine-${serializer}`, { a: [1n << 60n] })
    expect(await client.get(`mine-${serializer}`)).toEqual({ a: [1n << 60n] })
    await expect(client.set('settings', 1)).rejects.toThrow('belongs to the server')
    const list = await client.transfer([5, 6, 7])
    expect(await getItem(list, -1)).toBe(7)
    expect(await valueOf(list)).toEqual([5, 6, 7])
    await expect(getItem(list, 3)).rejects.toThrow(RemoteError)
    await expect(client.get('nothing')).rejects.toMatchObject({ type: 'KeyError', remoteMessage: "'nothing'" })
  }
})
