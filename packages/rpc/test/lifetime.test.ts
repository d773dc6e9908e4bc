import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ReleasedError, RpcClient, RpcServer, equals, proxyOf, release, withOptions } from '../src/index.ts'
import type { Remote } from '../src/index.ts'
import type { Tree } from '../src/serialize/Serializer.ts'
import { eventually } from './support/eventually.ts'
import { RawClient } from './support/RawClient.ts'
import { ServerProcess } from './support/ServerProcess.ts'
import { Worker } from './support/serverProgram.ts'

type Record = { [key: string]: Tree }

let server: RpcServer

beforeEach(async () => {
  server = await RpcServer.start({ probeInterval: 20, clientGrace: 100 })
  server.publish('worker', new Worker())
})

afterEach(async () => {
  await RpcClient.closeAll()
  await server.close()
})

test('an object keeps its id while it is referenced; every proxy is a reference of its own', async () => {
  await using client = new RawClient(server.address)
  const worker = () => client.result('get_item', { name: 'worker' }) as Promise<Record>
  const [one, two] = [await worker(), await worker()]
  expect(one['obj_id']).toBe(two['obj_id'])
  expect(one['ref_id']).not.toBe(two['ref_id'])
  const end = ({ obj_id, ref_id }: Record) => client.request('delete', { obj_id, ref_id } as Tree)
  expect((await end(one)).error).toBeNull()
  expect((await end(one)).error?.[0]).toBe('KeyError')
  expect(await client.result('get_obj', { obj: { ...two, attributes: ['counted'] } })).toBe(0)
  await end(two)
  expect(server.objectCount).toBe(0)
  expect(await client.failure('get_obj', { obj: two })).toBe('KeyError')
  // A new proxy has a new id, so that old ones can never mean it.
  expect((await worker())['obj_id']).not.toBe(one['obj_id'])
})

test('a released proxy cannot be used; others of the same object can', async () => {
  await using client = await RpcClient.connect(server.address)
  const one = await client.get<Remote<Worker>>('worker')
  const two = await client.get<Remote<Worker>>('worker')
  expect(await equals(one, two)).toBe(true)
  await release(one)
  await release(one)
  await expect(one.add(1, 2)).rejects.toThrow(ReleasedError)
  await expect(async () => one.counted).rejects.toThrow(ReleasedError)
  expect(await two.add(1, 2)).toBe(3)
})

test('await using closes and releases the object', async () => {
  let closed = 0
  server.publish('closable', { '~proxied': true, close: () => void closed++ })
  await using client = await RpcClient.connect(server.address)
  {
    await using _closable = await client.get<Remote<{ close(): void }>>('closable')
    expect(server.objectCount).toBe(1)
  }
  expect([closed, server.objectCount]).toEqual([1, 0])
})

test('references end when their proxies are garbage collected, unless that is switched off', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  await using client = await RpcClient.connect(server.address)
  const worker = await client.get<Remote<Worker>>('worker')
  const held: unknown[] = []
  for (let i = 0; i < 20; i++) held.push(await worker.make())
  held.push(withOptions(await worker.make(), { autoDelete: false }))
  expect(server.objectCount).toBe(22)
  held.length = 0
  await eventually(() => {
    collect()
    return server.objectCount <= 2
  })
  expect(server.objectCount).toBe(2)
  expect(await worker.add(1, 2)).toBe(3)
})

test('a proxy that was handed on outlives the one it came from, here and in the first holder', async () => {
  await using first = new RawClient(server.address, 'first')
  await using second = new RawClient(server.address, 'second')
  const worker = (await first.result('get_item', { name: 'worker' })) as Record
  const made = (await first.result('call_obj', { obj: { ...worker, attributes: ['make'] } })) as Record
  const add = { obj: { ...made, attributes: ['add'] }, args: [1, 2] }
  expect(await second.result('call_obj', add)).toBe(3)
  first.socket.close()
  await eventually(() => server.clientCount === 1)
  expect(await second.result('call_obj', add)).toBe(3)
  // The last one to go takes it along.
  second.socket.close()
  await eventually(() => server.objectCount === 0)
})

test('what a killed process held is released, and the process forgotten', async () => {
  await using other = await ServerProcess.start()
  await using client = await RpcClient.connect(other.address)
  const theirs = await client.get<Remote<Worker>>('worker')
  // The other process connects to this one's server and holds our worker.
  const ours = await theirs.fetchFrom(server.address, 'worker')
  expect(ours).toBeInstanceOf(Worker)
  expect([server.objectCount, server.clientCount]).toEqual([1, 1])
  await other.kill()
  await eventually(() => server.objectCount === 0 && server.clientCount === 0)
})

test('a client that is only quiet keeps what it holds', async () => {
  await using client = new RawClient(server.address)
  const worker = (await client.result('get_item', { name: 'worker' })) as Record
  const probes: unknown[] = []
  // Probes are replies to a request that nobody made.
  while (probes.length < 12) probes.push(await client.receive())
  expect(probes[0]).toEqual({ action: 'return', req_id: -2, rval: null, error: null })
  expect(await client.result('get_obj', { obj: { ...worker, attributes: ['counted'] } })).toBe(0)
})

test('what was lent as an argument ends with the connection, and is one reference however often it is lent', async () => {
  await using other = await ServerProcess.start()
  const client = await RpcClient.connect(other.address)
  const theirs = await client.get<Remote<Worker>>('worker')
  const callback = proxyOf((value: number) => value + 1) as unknown as (value: number) => Promise<number>
  for (let i = 0; i < 5; i++) expect(await theirs.bounce(callback, 2)).toBe(2)
  expect(server.objectCount).toBe(1)
  await other.kill()
  await eventually(() => client.disconnected)
  await eventually(() => server.objectCount === 0)
})
