import { inspect } from 'node:util'
import { NdArray } from '@nodeacq/ndarray'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  RpcClient,
  RpcServer,
  RpcTimeoutError,
  SerializeError,
  addressOf,
  equals,
  getItem,
  isRemote,
  kwargs,
  lengthOf,
  proxyOf,
  setAttribute,
  setItem,
  valueOf,
  withOptions
} from '../src/index.ts'
import type { Remote } from '../src/index.ts'

class Part {
  get '~proxied'(): true {
    return true
  }
  name = 'part'
  values = [1, 2, 3]
  greet(): string {
    return `hello from ${this.name}`
  }
}

class Machine {
  get '~proxied'(): true {
    return true
  }

  part = new Part()
  later = Promise.resolve(new Part())
  data = NdArray.fromTyped(Float32Array.of(1, 2, 3))
  settings = { rate: 1000, deep: { list: [1, [2]] } }
  level = 1

  self(): Machine {
    return this
  }

  options(first: unknown, options: { a?: number; b?: number } = {}): unknown {
    return [first, options]
  }

  count(...args: unknown[]): number {
    return args.length
  }

  name(part: Part): string {
    return part.name
  }

  async partLater(): Promise<Part> {
    return this.part
  }

  run<T>(callback: () => T): T {
    return callback()
  }

  wait(): Promise<never> {
    return new Promise(() => undefined)
  }
}

let server: RpcServer
let client: RpcClient
let machine: Remote<Machine>

beforeAll(async () => {
  server = await RpcServer.start()
  server.publish('machine', new Machine())
  server.publish('tools', { Part, double: (x: number) => 2 * x })
  client = await RpcClient.connect(server.address)
  machine = await client.get<Remote<Machine>>('machine')
})

afterAll(async () => {
  await client.close()
  await RpcClient.closeAll()
  await server.close()
})

test('methods give promises, attributes are awaited, paths reach through', async () => {
  expect(await machine.part.greet()).toBe('hello from part')
  expect(await machine.part.name).toBe('part')
  expect(await machine.settings).toEqual({ rate: 1000, deep: { list: [1, [2]] } })
  expect(await machine.settings.deep.list).toEqual([1, [2]])
  expect((await machine.data).equals(NdArray.fromTyped(Float32Array.of(1, 2, 3)))).toBe(true)
})

test('a branded object comes as a proxy, also out of a promise on the way', async () => {
  const part = await machine.part
  expect(isRemote(part)).toBe(true)
  expect(await part.greet()).toBe('hello from part')
  expect(await (await machine.partLater()).greet()).toBe('hello from part')
  expect(await machine.later.greet()).toBe('hello from part')
})

test('a proxy can be awaited and returned; a path that is returned is fetched', async () => {
  const same = await (async () => machine)()
  expect(same).toBe(machine)
  const fetched = await (async () => machine.part)()
  expect(isRemote(fetched)).toBe(true)
  expect(await fetched.name).toBe('part')
})

test('a proxy has no text or number of its own', () => {
  expect(() => `${machine as unknown as string}`).toThrow('await it first')
  expect(() => Number(machine.level)).toThrow('await it first')
  expect(() => `${machine.part as unknown as string}`).toThrow('await it first')
  expect(inspect(machine)).toBe(`<proxy of <class 'Machine'> at ${server.address}>`)
  expect(inspect(machine.part.name)).toBe(`<proxy of <class 'Machine'> at ${server.address}>.part.name`)
})

test('assigning and deleting say what to do instead', () => {
  const loose = machine as unknown as { level: number }
  expect(() => (loose.level = 5)).toThrow('use setAttribute(proxy, name, value)')
  expect(() => Reflect.deleteProperty(loose, 'level')).toThrow('cannot be deleted')
})

test('controls do what members cannot', async () => {
  await setAttribute(machine, 'level', 7)
  expect(await machine.level).toBe(7)
  const { values } = machine.part
  await setItem(values, 0, 9)
  expect(await getItem(values, 0)).toBe(9)
  expect(await lengthOf(values)).toBe(3)
  expect(await valueOf(machine.settings)).toMatchObject({ rate: 1000 })
  expect(addressOf(machine)).toBe(server.address)
  expect(isRemote(machine.part)).toBe(true)
  expect([isRemote({}), isRemote(() => 1), isRemote(null)]).toEqual([false, false, false])
  expect(() => addressOf({})).toThrow(TypeError)
})

test('proxies of one object are equal, others are not', async () => {
  const again = await machine.self()
  expect(again).not.toBe(machine)
  expect(await equals(machine, again)).toBe(true)
  expect(await equals(machine, await machine.part)).toBe(false)
  expect(await equals(machine.level, 7)).toBe(true)
})

test('keyword arguments arrive as options, and trailing undefined not at all', async () => {
  expect(await machine.options(1, kwargs({ b: 2 }))).toEqual([1, { b: 2 }])
  expect(await machine.options(1, { a: 3 })).toEqual([1, { a: 3 }])
  expect(await machine.count(1, undefined, undefined)).toBe(1)
  expect(await machine.count(undefined, 1)).toBe(2)
})

test('a proxy as an argument is the object itself at its owner', async () => {
  expect(await machine.name(machine.part as unknown as Part)).toBe('part')
  expect(await machine.name(await machine.part)).toBe('part')
  expect(await machine.name(machine.later as unknown as Part)).toBe('part')
})

test('functions as arguments must be wrapped', async () => {
  const loose = machine as unknown as { count(...args: unknown[]): Promise<number> }
  await expect(loose.count(() => 1)).rejects.toThrow(SerializeError)
  await expect(loose.count(function named() {})).rejects.toThrow('got the function named; wrap it: proxyOf(it)')
  await expect(loose.count({ callback: () => 1 })).rejects.toThrow('wrap it: proxyOf(it)')
  expect(await machine.run(proxyOf(() => 5) as unknown as () => number)).toBe(5)
  // A branded object can be served by this process's server as it is.
  expect(await loose.count(new Part())).toBe(1)
})

test('classes are constructed over there, with and without new', async () => {
  const tools = await client.get<Remote<{ Part: typeof Part; double(x: number): number }>>('tools')
  expect(isRemote(tools)).toBe(true)
  expect(await (await tools.Part()).greet()).toBe('hello from part')
  expect(await (await new tools.Part()).greet()).toBe('hello from part')
  expect(await tools.double(4)).toBe(8)
})

test('options: proxies of values, no reply, time limit, attributes at once', async () => {
  const list = await withOptions(machine, { returnType: 'proxy' }).part.values
  expect(isRemote(list)).toBe(true)
  expect(await withOptions(machine, { sync: 'off' }).count(1)).toBeUndefined()
  await expect(withOptions(machine, { timeout: 20 }).wait()).rejects.toThrow(RpcTimeoutError)
  const eager = withOptions(machine, { deferGetattr: false })
  expect(eager.level).toBeInstanceOf(Promise)
  expect(await eager.level).toBe(7)
})

test('a result that was made by proxyOf here is the same object again', async () => {
  const mine = { '~proxied': true as const, hello: () => 'hello' }
  await client.set('mine', proxyOf(mine))
  // From another server of this process it would be the object; from the one we are connected to, it is a proxy.
  const back = await client.get<Remote<typeof mine>>('mine')
  expect(await back.hello()).toBe('hello')
})
