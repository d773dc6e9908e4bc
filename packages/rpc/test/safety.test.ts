import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InsecureAddressError, RpcClient, RpcServer, setLogDisplay } from '../src/index.ts'
import type { Tree } from '../src/serialize/Serializer.ts'
import { LogLines } from './support/logLines.ts'
import { RawClient } from './support/RawClient.ts'

class Base {
  static shared = 'shared'
  inherited(): string {
    return 'inherited'
  }
}

class Target extends Base {
  get '~proxied'(): true {
    return true
  }

  field = 1
  text = 'abc'
  list = [1, 2, 3]
  bytes = Uint8Array.of(1, 2)
  dictionary: Record<string, unknown> = { a: 1 }
  readonly map = new Map<unknown, unknown>([['k', 1]])
  _hidden = 'hidden'
  readonly #secret = 'secret'
  make = (): unknown => new Target()
  Klass = Target

  method(): string {
    return this.#secret.length > 0 ? 'method' : ''
  }

  get readOnly(): number {
    return 5
  }

  accessor = { value: 1 }

  set writable(value: number) {
    this.field = value
  }

  get writable(): number {
    return this.field
  }
}

let folder: string
let server: RpcServer
let client: RawClient
let target: { [key: string]: Tree }
const object = new Target()

beforeAll(async () => {
  setLogDisplay(false)
  folder = await mkdtemp(join(tmpdir(), 'nodeacq-rpc-'))
  await mkdir(join(folder, 'roots', 'sub'), { recursive: true })
  await mkdir(join(folder, 'roots', 'node_modules', 'pack'), { recursive: true })
  await mkdir(join(folder, 'roots', '.hidden'), { recursive: true })
  await mkdir(join(folder, 'roots-beside'), { recursive: true })
  const module = 'export const answer = 42\nexport function twice(x) { return 2 * x }\n'
  for (const path of [
    'outside.mjs',
    'roots-beside/mod.mjs',
    'roots/mod.mjs',
    'roots/sub/inner.mjs',
    'roots/node_modules/pack/index.mjs',
    'roots/.hidden/mod.mjs'
  ])
    await writeFile(join(folder, path), module)
  await writeFile(join(folder, 'roots', 'data.json'), '{}')
  await symlink(join(folder, 'outside.mjs'), join(folder, 'roots', 'link.mjs'))
  await symlink(folder, join(folder, 'roots', 'up'))
  server = await RpcServer.start({ importRoots: [join(folder, 'roots')] })
  server.publish('target', object)
  server.publish('evaluators', {
    '~proxied': true,
    Function, // oxlint-disable-next-line eslint/no-eval -- published to be refused
    run: eval,
    tools: { now: () => Date.now() }
  })
  client = new RawClient(server.address)
  target = (await client.result('get_item', { name: 'target' })) as { [key: string]: Tree }
})

afterAll(async () => {
  client.socket.close()
  await server.close()
  await rm(folder, { recursive: true })
})

const at = (...attributes: string[]): Tree => ({ ...target, attributes })
const get = (...attributes: string[]) => client.request('get_obj', { obj: at(...attributes) }, 'proxy')
const call = (attributes: string[], ...args: Tree[]) => client.request('call_obj', { obj: at(...attributes), args })

describe('attributes', () => {
  test('what an object and its classes define is reachable', async () => {
    expect((await call(['inherited'])).rval).toBe('inherited')
    expect((await call(['method'])).rval).toBe('method')
    expect((await client.request('get_obj', { obj: at('Klass', 'shared') })).rval).toBe('shared')
    expect((await call(['Klass'])).rval).toMatchObject({ ___type_name___: 'proxy' })
    expect((await call(['list', 'slice'], 1)).rval).toEqual([2, 3])
    expect((await call(['text', 'toUpperCase'])).rval).toBe('ABC')
  })

  const FORBIDDEN = [
    ...['constructor', '__proto__', 'prototype', '_hidden', '#secret', '__defineGetter__', '__lookupGetter__'],
    ...['hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable', 'toString', 'toLocaleString', 'valueOf'],
    ...['__class__', '__dict__', '__init__', '__globals__', '__subclasses__', '~proxied ', '']
  ]
  const WAYS: readonly string[][] = [
    [],
    ['list'],
    ['text'],
    ['field'],
    ['dictionary'],
    ['method'],
    ['Klass'],
    ['map'],
    ['make']
  ]

  test.each(WAYS.map((way) => [way.join('.') || 'the object', way] as const))(
    'of %s, none of the forbidden is',
    async (_, way) => {
      for (const name of FORBIDDEN) {
        // Arrays and maps of JavaScript have a toString of their own, which is harmless.
        if (
          ['toString', 'toLocaleString', 'valueOf'].includes(name) &&
          ['list', 'text', 'field'].includes(way[0] ?? '')
        )
          continue
        for (const reply of [await get(...way, name), await get(...way, name, 'x'), await call([...way, name])])
          expect([name, reply.error?.[0]]).toEqual([name, expect.stringMatching(/^(AttributeError|TypeError)$/)])
      }
    }
  )

  test.each(['call', 'apply', 'bind', 'arguments', 'caller', 'prototype', 'constructor'])(
    'functions and classes do not give %s',
    async (name) => {
      for (const way of [['method'], ['Klass'], ['make'], ['list', 'map'], ['Klass', 'shared', 'at']])
        expect((await get(...way, name)).error?.[0]).toBe('AttributeError')
    }
  )

  test('operators do not open what attributes close', async () => {
    for (const name of ['constructor', '__proto__', '_hidden', 'hasOwnProperty'])
      for (const operator of ['__getattr__', '__getattribute__', '__getitem__'])
        for (const way of [[], ['dictionary'], ['method']])
          expect((await call([...way, operator], name)).error?.[0]).toMatch(/Error$/)
    for (const operator of [
      '__class__',
      '__reduce__',
      '__init_subclass__',
      '__dir__',
      '__import__',
      '__proto__',
      '__defineSetter__'
    ])
      expect((await call([operator], 'x')).error?.[0]).toBe('AttributeError')
    // As values, operators do not exist.
    expect((await get('list', '__len__')).error?.[0]).toBe('AttributeError')
  })

  test('the memory around an array is not part of it', async () => {
    expect((await call(['bytes', 'slice'])).rval).toEqual(Buffer.of(1, 2))
    for (const name of ['buffer', 'constructor']) expect((await get('bytes', name)).error?.[0]).toBe('AttributeError')
  })

  test('what makes code from text is not called', async () => {
    const evaluators = (await client.result('get_item', { name: 'evaluators' })) as { [key: string]: Tree }
    for (const member of ['Function', 'run']) {
      expect(await client.failure('call_obj', { obj: { ...evaluators, attributes: [member] }, args: ['1'] })).toBe(
        'TypeError'
      )
      const proxy = (await client.result('get_obj', { obj: { ...evaluators, attributes: [member] } }, 'proxy')) as Tree
      expect(await client.failure('call_obj', { obj: proxy, args: ['1'] })).toBe('TypeError')
    }
    expect(
      await client.failure('call_obj', { obj: { ...evaluators, attributes: ['tools', 'now', 'constructor'] } })
    ).toBe('AttributeError')
  })

  test('a class is constructed, never called with another this', async () => {
    const made = (await call(['Klass'])).rval as { [key: string]: Tree }
    expect((await client.request('call_obj', { obj: { ...made, attributes: ['method'] } })).rval).toBe('method')
  })
})

describe('setting', () => {
  const set = (name: string, value: Tree, ...way: string[]) => call([...way, '__setattr__'], name, value)

  test('fields and setters are set', async () => {
    expect((await set('field', 7)).error).toBeNull()
    expect((await set('writable', 8)).error).toBeNull()
    expect(object.field).toBe(8)
    expect((await set('b', 2, 'dictionary')).error).toBeNull()
    expect(object.dictionary).toEqual({ a: 1, b: 2 })
  })

  test.each([
    'constructor',
    '__proto__',
    'prototype',
    '_hidden',
    'method',
    'inherited',
    'make',
    'readOnly',
    'unknown',
    'then',
    'toString',
    'valueOf',
    '~proxied'
  ])('%s is not', async (name) => {
    expect((await set(name, 1)).error?.[0]).toBe('AttributeError')
  })

  test('nor anything of functions, classes, prototypes and plain objects’ inheritance', async () => {
    for (const way of [['method'], ['Klass'], ['make']])
      expect((await set('x', 1, ...way)).error?.[0]).toBe('AttributeError')
    for (const name of ['__proto__', 'constructor', 'then', 'toString', 'hasOwnProperty', 'toJSON'])
      for (const [operator, error] of [
        ['__setattr__', 'AttributeError'],
        ['__setitem__', 'TypeError']
      ] as const)
        expect((await call(['dictionary', operator], name, { a: 1 })).error?.[0]).toBe(error)
    expect(Object.getPrototypeOf(object.dictionary)).toBe(Object.prototype)
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
  })

  test('the server itself keeps its names', async () => {
    const self = (await client.result('get_item', { name: 'self' })) as { [key: string]: Tree }
    expect(await client.failure('set_item', { name: 'self', obj: 1 })).toBe('ValueError')
    expect(await client.failure('set_item', { name: 'target', obj: 1 })).toBe('ValueError')
    for (const name of ['publish', 'get', 'set', 'boundAddress'])
      expect(await client.failure('call_obj', { obj: { ...self, attributes: [name] }, args: ['target', 1] })).toBe(
        'AttributeError'
      )
    expect(
      await client.failure('call_obj', { obj: { ...self, attributes: ['__setattr__'] }, args: ['address', 'x'] })
    ).toBe('AttributeError')
  })
})

describe('import', () => {
  const load = (name: string) => client.request('import', { module: name })

  test.each(['mod', 'mod.mjs', './mod.mjs', 'sub.inner', 'sub/inner', 'sub/inner.mjs'])(
    '%s is below the root',
    async (name) => {
      const { rval, error } = await load(name)
      expect(error).toBeNull()
      const module = rval as { [key: string]: Tree }
      expect(module['type_str']).toBe("<class 'module'>")
      expect(await client.result('call_obj', { obj: { ...module, attributes: ['twice'] }, args: [4] })).toBe(8)
      expect(await client.result('get_obj', { obj: { ...module, attributes: ['answer'] } })).toBe(42)
    }
  )

  test.each([
    ...[
      '../outside.mjs',
      'sub/../../outside.mjs',
      '..',
      '.',
      '',
      '/',
      'up/outside.mjs',
      'up.outside',
      'link',
      'link.mjs'
    ],
    ...[
      '../roots-beside/mod.mjs',
      'node_modules/pack/index.mjs',
      'node_modules.pack',
      '.hidden/mod.mjs',
      'data.json',
      'data'
    ],
    ...['fs', 'node:fs', 'child_process', 'process', 'zeromq', '@nodeacq/zmq', 'os', 'sys', 'builtins', 'subprocess'],
    ...[
      'data:text/javascript,export const x = 1',
      'http://127.0.0.1/x.mjs',
      'https://x/y.mjs',
      'file:///etc/passwd',
      'blob:x'
    ],
    ...[
      'mod.mjs\0.png',
      'mod.mjs?x',
      'mod.mjs#x',
      'sub\\inner',
      'C:\\x.mjs',
      '/etc/passwd',
      '~/x.mjs',
      '%2e%2e/outside.mjs'
    ]
  ])('%j is not', async (name) => {
    expect((await load(name)).error?.[0]).toBe('ImportError')
  })

  test('nor an absolute path outside, and inside only below the root', async () => {
    expect((await load(join(folder, 'outside.mjs'))).error?.[0]).toBe('ImportError')
    expect((await load(join(folder, 'roots', 'link.mjs'))).error?.[0]).toBe('ImportError')
    expect((await load(join(folder, 'roots', 'mod.mjs'))).error).toBeNull()
  })
})

describe('addresses', () => {
  test.each(['tcp://0.0.0.0:*', 'tcp://*:*', 'tcp://[::]:*', 'tcp://10.1.2.3:5555'])(
    '%s needs insecure: true',
    async (address) => {
      await expect(RpcServer.start({ address })).rejects.toThrow(InsecureAddressError)
    }
  )

  test('with it there is one warning, and proxies carry an address that peers can reach', async () => {
    using log = new LogLines()
    await using open = await RpcServer.start({ address: 'tcp://0.0.0.0:*', insecure: true, advertise: 'lab.example' })
    expect(log.lines.filter((line) => line.startsWith('warning'))).toHaveLength(1)
    const port = open.boundAddress.split(':').at(-1)
    expect(open.address).toBe(`tcp://lab.example:${port}`)
    open.publish('target', object)
    await using peer = await RpcClient.connect(`tcp://127.0.0.1:${port}`)
    const proxy = await peer.get<{ method(): Promise<string>; make(): Promise<{ method(): Promise<string> }> }>(
      'target'
    )
    // The client puts the address that it reached in the place of the advertised one.
    expect(await proxy.method()).toBe('method')
    expect(await (await proxy.make()).method()).toBe('method')
    await using python = new RawClient(`tcp://127.0.0.1:${port}`)
    const record = (await python.result('get_item', { name: 'target' })) as { [key: string]: Tree }
    expect(record['rpc_addr']).toBe(open.address)
    for (const host of ['127.0.0.1', 'localhost', 'lab.example'])
      expect(
        await python.result('call_obj', {
          obj: { ...record, rpc_addr: `tcp://${host}:${port}`, attributes: ['method'] }
        })
      ).toBe('method')
  })

  test('without an advertised name the first address of the machine is used', async () => {
    await using open = await RpcServer.start({ address: 'tcp://*:*', insecure: true })
    expect(open.address).toMatch(/^tcp:\/\/\d+\.\d+\.\d+\.\d+:\d+$/)
    expect(open.address).not.toContain('0.0.0.0')
  })
})
