import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitFor } from 'testing'
import { WebSocket } from 'ws'
import { PROTOCOL, ViewerServer } from '../src/index.ts'
import { readPageFiles } from '../src/server/PageFiles.ts'
import { pageFolder } from '../src/server/pageFolder.ts'
import { enter, get, Page } from './Page.ts'

let server: ViewerServer
let cookie: string
beforeAll(async () => {
  server = await ViewerServer.start()
  cookie = await enter(server.url())
})
afterAll(async () => await server.close())

/** How an upgrade ends: `open`, or the status that refuses it. */
async function upgrade(headers: Readonly<Record<string, string | undefined>>): Promise<string> {
  const set = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >
  const socket = new WebSocket(server.origin.replace('http', 'ws'), PROTOCOL, { headers: set })
  return await new Promise((resolve) => {
    socket.on('open', () => {
      socket.terminate()
      resolve('open')
    })
    socket.on('unexpected-response', (_, response) => resolve(String(response.statusCode)))
    socket.on('error', () => resolve('error'))
  })
}

test('the link with the token gives a cookie and goes on without it', async () => {
  const { status, headers, body } = await get(server.url({ viewer: `a"b` }))
  const { port } = new URL(server.origin)
  expect(status).toBe(200)
  expect(headers['set-cookie']).toEqual([
    expect.stringMatching(new RegExp(`^nodeacq${port}=\\S{22}; HttpOnly; SameSite=Strict; Path=/$`))
  ])
  expect(headers['cache-control']).toBe('no-store')
  expect(body).toContain('content="0;url=/v/a%22b"')
  expect(body).not.toContain(cookie.split('=')[1])
})

test('a link cannot lead to another server', async () => {
  const { body } = await get(server.url().replace('/?', '///evil.example/?'))
  expect(body).toContain('content="0;url=/"')
})

test('the page needs the cookie', async () => {
  expect((await get(`${server.origin}/`)).status).toBe(401)
  expect((await get(`${server.origin}/?token=wrong`)).status).toBe(401)
  expect((await get(`${server.origin}/`, { cookie: cookie.slice(0, -1) })).status).toBe(401)
  const { status, headers, body } = await get(`${server.origin}/v/scope`, { cookie })
  expect(status).toBe(200)
  expect(body).toContain('<div id="page">')
  expect(headers).toMatchObject({
    'content-security-policy': expect.stringContaining("default-src 'self'"),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-cache'
  })
})

test('files of the page are there, and nothing else is', async () => {
  const { body } = await get(`${server.origin}/`, { cookie })
  const script = /src="(?<path>\/assets\/[^"]+\.js)"/.exec(body)!.groups!['path']!
  const answer = await get(server.origin + script, { cookie })
  expect([answer.status, answer.headers['content-type'], answer.headers['cache-control']]).toEqual([
    200,
    'text/javascript; charset=utf-8',
    'public, max-age=31536000, immutable'
  ])
  expect(body).not.toMatch(/https?:\/\//)
  for (const path of ['/package.json', '/../package.json', '/%2e%2e/package.json', '/assets/']) {
    expect([path, (await get(server.origin + path, { cookie })).status]).toEqual([path, 404])
  }
  expect((await get(`${server.origin}/favicon.ico`)).status).toBe(204)
  expect((await get(`${server.origin}/`, { cookie }, 'POST')).status).toBe(405)
})

test('the page stays small', async () => {
  const files = await readPageFiles(await pageFolder())
  const bytes = (pattern: RegExp): number =>
    [...files].filter(([path]) => pattern.test(path)).reduce((sum, [, { body }]) => sum + gzipSync(body).length, 0)
  expect(bytes(/^\/assets\/index-.*\.js$/)).toBeGreaterThan(1000)
  expect(bytes(/^\/assets\/index-/)).toBeLessThan(60_000)
  expect(bytes(/worker-/)).toBeLessThan(10_000)
})

test('a name that is not ours is refused, so that no other name leads here', async () => {
  expect((await get(`${server.origin}/`, { cookie, host: 'evil.example' })).status).toBe(421)
  expect((await get(`${server.origin}/`, { cookie, host: `localhost:${new URL(server.origin).port}` })).status).toBe(
    200
  )
})

test.each([
  ['as our page does', {}, 'open'],
  ['without a cookie', { cookie: undefined }, '403'],
  ['with a wrong cookie', { cookie: 'nodeacq1=x' }, '403'],
  ['without an origin', { origin: undefined }, '403'],
  ['from another page', { origin: 'http://evil.example' }, '403'],
  ['from another port', { origin: 'http://127.0.0.1:1' }, '403'],
  ['under another name', { host: 'evil.example', origin: 'http://evil.example' }, '403'],
  ['from nowhere', { origin: 'null' }, '403']
])('a websocket %s', async (_, headers, outcome) => {
  const own = { cookie, origin: server.origin, host: new URL(server.origin).host }
  expect(await upgrade({ ...own, ...headers })).toBe(outcome)
})

test.each([
  ['no JSON', 'hello'],
  ['an unknown viewer', JSON.stringify({ type: 'subscribe', id: 1, node: 'x', channels: [], width: 1, window: 1 })],
  ['bytes', Buffer.of(1)]
])('a page that says %s is disconnected', async (_, text) => {
  const page = await Page.open(server.url())
  page.socket.send(text)
  await waitFor(() => page.closed !== undefined)
  expect(page.closed!.code).toBe(4400)
})

test('a message that is too long ends the connection', async () => {
  const page = await Page.open(server.url())
  page.socket.send('x'.repeat(70_000))
  await waitFor(() => page.closed !== undefined)
  expect(page.closed!.code).toBe(1009)
})

test('the sixty-fifth page is refused', async () => {
  const pages = await Promise.all(Array.from({ length: 64 }, async () => await Page.open(server.url())))
  expect(await upgrade({ cookie, origin: server.origin })).toBe('503')
  for (const page of pages) page.close()
  await waitFor(async () => (await upgrade({ cookie, origin: server.origin })) === 'open')
})

test('a host beyond loopback needs to be asked for', async () => {
  await expect(ViewerServer.start({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'INSECURE_ADDRESS' })
  await expect(ViewerServer.start({ host: '192.0.2.1', insecure: true })).rejects.toMatchObject({ code: 'ADDRESS' })
})

test('a port that is taken is named', async () => {
  const port = Number(new URL(server.origin).port)
  await expect(ViewerServer.start({ port })).rejects.toThrow(`viewers at 127.0.0.1:${port}: the address is in use`)
})
