import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { expect, test } from 'vitest'
import { FaultProxy, waitFor } from 'testing'

/** A server that keeps what it hears of each connection, and answers each piece with the same. */
class EchoServer implements AsyncDisposable {
  readonly sockets: Socket[] = []
  readonly #pieces: Buffer[][] = []
  readonly #server: Server = createServer((socket) => {
    const pieces: Buffer[] = []
    this.sockets.push(socket)
    this.#pieces.push(pieces)
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      pieces.push(bytes)
      socket.write(bytes)
    })
  })

  heard(connection: number): string {
    return Buffer.concat(this.#pieces[connection] ?? []).toString()
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  get address(): string {
    return `tcp://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }
}

class Client implements Disposable {
  readonly socket: Socket
  closed = false
  readonly #pieces: Buffer[] = []
  #length = 0

  constructor({ port }: FaultProxy) {
    this.socket = connect({ host: '127.0.0.1', port })
    this.socket.on('error', () => undefined)
    this.socket.on('close', () => (this.closed = true))
    this.socket.on('data', (bytes) => {
      this.#pieces.push(bytes)
      this.#length += bytes.length
    })
  }

  /** Resolves when so many bytes have come. */
  async hears(length: number): Promise<Buffer> {
    await waitFor(() => this.#length >= length, { what: () => `${length} bytes, got ${this.#length}` })
    return this.heard
  }

  get heard(): Buffer {
    return Buffer.concat(this.#pieces)
  }

  [Symbol.dispose](): void {
    this.socket.destroy()
  }
}

test('without faults every byte passes in both directions, in order', async () => {
  await using server = await new EchoServer().listen()
  await using proxy = await FaultProxy.start({ target: server.address })
  using client = new Client(proxy)
  const bytes = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 31) % 251))
  client.socket.write(bytes)
  expect((await client.hears(bytes.length)).equals(bytes)).toBe(true)
  expect(proxy.connections).toBe(1)
  expect(proxy.passedBytes).toBe(2 * bytes.length)
  client.socket.end()
  await waitFor(() => client.closed && proxy.connections === 0)
})

test('delay and jitter hold bytes up and leave their order', async () => {
  await using server = await new EchoServer().listen()
  await using proxy = await FaultProxy.start({ target: server.address, delay: 20, jitter: 15, seed: 5 })
  using client = new Client(proxy)
  const start = performance.now()
  for (let i = 0; i < 20; i++) client.socket.write(Buffer.from([i]))
  expect([...(await client.hears(20))]).toEqual(Array.from({ length: 20 }, (_, i) => i))
  expect(performance.now() - start).toBeGreaterThanOrEqual(38)
})

test('a fault may be in one direction only', async () => {
  await using server = await new EchoServer().listen()
  await using proxy = await FaultProxy.start({ target: server.address, down: { swallow: true } })
  using client = new Client(proxy)
  client.socket.write('over')
  await waitFor(() => server.heard(0) === 'over')
  expect(client.heard.length).toBe(0)
})

test('a limit of the rate holds', async () => {
  await using server = await new EchoServer().listen()
  await using proxy = await FaultProxy.start({ target: server.address, up: { bytesPerSecond: 1_000_000 } })
  using client = new Client(proxy)
  const start = performance.now()
  client.socket.write(Buffer.alloc(400_000))
  await client.hears(400_000)
  // A fifth of a second's bytes go out at once.
  expect(performance.now() - start).toBeGreaterThanOrEqual(195)
})

test('who sends more than a slow way takes is held up', async () => {
  await using server = await new EchoServer().listen()
  await using proxy = await FaultProxy.start({ target: server.address, up: { bytesPerSecond: 100 } })
  using client = new Client(proxy)
  const chunk = Buffer.alloc(1 << 20)
  let taken = 0
  for (let i = 0; i < 20; i++) client.socket.write(chunk, () => (taken += 1))
  await waitFor(() => server.heard(0))
  expect(taken).toBeLessThan(20)
  proxy.heal()
  await waitFor(() => taken === 20)
})

test('a cut breaks connections and refuses others until it is healed', async () => {
  await using server = await new EchoServer().listen()
  await using proxy = await FaultProxy.start({ target: server.address })
  using first = new Client(proxy)
  first.socket.write('a')
  await first.hears(1)
  proxy.cut()
  await waitFor(() => first.closed)
  await waitFor(() => server.sockets[0]?.closed)
  using second = new Client(proxy)
  await waitFor(() => second.closed)
  expect(server.sockets.length).toBe(1)
  proxy.heal()
  using third = new Client(proxy)
  third.socket.write('b')
  expect((await third.hears(1)).toString()).toBe('b')
  expect(proxy.accepted).toBe(2)
})

test('a half-open connection swallows bytes silently, and is broken when the way heals', async () => {
  await using server = await new EchoServer().listen()
  await using proxy = await FaultProxy.start({ target: server.address })
  using client = new Client(proxy)
  client.socket.write('a')
  await client.hears(1)
  proxy.set({ swallow: true })
  client.socket.write('b')
  server.sockets[0]?.write('c')
  using other = new Client(proxy)
  await waitFor(() => proxy.accepted === 2)
  expect([client.closed, other.closed]).toEqual([false, false])
  expect(client.heard.toString()).toBe('a')
  expect(server.heard(0)).toBe('a')
  proxy.heal()
  await waitFor(() => client.closed && server.sockets[0]?.closed)
  other.socket.write('d')
  expect((await other.hears(1)).toString()).toBe('d')
})

test('connections to come can be led elsewhere', async () => {
  await using before = await new EchoServer().listen()
  await using after = await new EchoServer().listen()
  await using proxy = await FaultProxy.start({ target: before.address })
  using first = new Client(proxy)
  first.socket.write('1')
  await first.hears(1)
  proxy.set({ target: after.address })
  using second = new Client(proxy)
  second.socket.write('2')
  await second.hears(1)
  expect([before.heard(0), after.heard(0)]).toEqual(['1', '2'])
})

test('a target that is not there breaks the connection', async () => {
  const server = await new EchoServer().listen()
  const { address } = server
  await server[Symbol.asyncDispose]()
  await using proxy = await FaultProxy.start({ target: address })
  using client = new Client(proxy)
  await waitFor(() => client.closed)
  expect(proxy.connections).toBe(0)
})

test('a target that is no address is refused', async () => {
  await expect(FaultProxy.start({ target: '127.0.0.1' })).rejects.toThrow("expected tcp://HOST:PORT, got '127.0.0.1'")
})
