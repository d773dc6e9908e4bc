import { fileURLToPath } from 'node:url'
import { NdArray } from '@nodeacq/ndarray'
import { isRemote, kwargs, proxyOf, RpcClient, RpcServer, spawnProcess, valueOf, type Remote } from '@nodeacq/rpc'
import { startProcess, waitFor } from 'testing'
import { afterAll, expect, test } from 'vitest'
import { PYTHON, PYTHON_ENV, runPython, startPython } from './python.ts'

const demoServer = new URL('./demoServer.ts', import.meta.url)

interface PythonDemo {
  '~proxied': true
  count: number
  add(...args: unknown[]): number
  kw(...args: unknown[]): number[]
  echo<T>(x: T): T
  boom(): never
  call_back(...args: unknown[]): number
  types(): Record<string, unknown>
}

afterAll(() => RpcServer.current()?.close())

for (const serializer of ['msgpack', 'json'] as const) {
  test(`a Python client drives our server (${serializer})`, async () => {
    await using server = await startProcess(demoServer)
    const lines = await runPython('drive_demo.py', [await server.line('tcp://'), serializer])
    expect(lines).toEqual(['every answer is right'])
  })

  test(`our client drives a Python server (${serializer})`, async () => {
    await using python = await startPython('serve_demo.py')
    const client = await RpcClient.connect(await python.line('tcp://'), { serializer })
    const demo = await client.get<Remote<PythonDemo>>('demo')
    expect(isRemote(demo)).toBe(true)
    expect(await demo.add(7, 5)).toBe(12)
    expect(await demo.kw(1, kwargs({ c: 'z' }))).toEqual([1, 2, 'z'])
    expect(await demo.count).toBe(5)
    for (const value of [
      null,
      true,
      2 ** 31,
      -5,
      0.1,
      1e300,
      'héllo ☃',
      [1, [2]],
      { a: { b: null } },
      2n ** 53n + 1n
    ]) {
      expect(await demo.echo(value)).toEqual(value)
    }
    const array = NdArray.from(
      [
        [1.5, -2],
        [3.25, 0]
      ],
      'float32'
    ).transpose()
    expect(((await demo.echo(array)) as NdArray).equals(array)).toBe(true)
    expect((await demo.types())['int']).toBe(2n ** 53n + 1n)
    await expect(demo.boom()).rejects.toMatchObject({ name: 'RemoteError', type: 'ValueError' })
    await expect(client.get('nope')).rejects.toMatchObject({ type: 'KeyError' })
    const callback = proxyOf((...args: number[]) => args.reduce((sum, value) => sum + value, 0))
    expect(await demo.call_back(callback, 3, 4)).toBe(7)
    expect(await valueOf(demo.count)).toBe(5)
    await client.closeServer()
    expect(await python.exited).toMatchObject({ code: 0 })
  })
}

test('we start a Python child by the handshake, and it ends with code 0', async () => {
  const child = await spawnProcess({ name: 'python_child', entry: { command: PYTHON, args: [] }, env: PYTHON_ENV })
  const collections = await child.client.import<{ OrderedDict(): unknown }>('collections')
  const dict = await (collections as { OrderedDict(): Promise<unknown> }).OrderedDict()
  // An OrderedDict is a dict, and dicts travel by value.
  expect(dict).toEqual({})
  await child.stop()
  expect(child.exit).toMatchObject({ code: 0 })
})

test('a Python parent starts our child, which ends with code 0', async () => {
  const main = fileURLToPath(new URL('../../packages/core/src/childMain.ts', import.meta.url))
  const lines = await runPython('spawn_child.py', [process.execPath, '--conditions=nodeacq-source', main])
  expect(lines).toEqual(['our child does what pyacq expects'])
})

test('a Python process that vanishes ends the calls that wait for it', async () => {
  await using python = await startPython('serve_demo.py')
  const client = await RpcClient.connect(await python.line('tcp://'))
  const demo = await client.get<Remote<PythonDemo>>('demo')
  expect(await demo.add(1, 1)).toBe(2)
  const time = await client.import<{ sleep(seconds: number): void }>('time')
  const waiting = time.sleep(60)
  const outcome = waiting.then(
    () => 'answered',
    (error: Error) => error.name
  )
  python.kill('SIGKILL')
  await python.exited
  expect(await outcome).toBe('DisconnectedError')
  await waitFor(() => client.disconnected, { what: 'the client to know' })
})
