import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Access } from './Access.ts'
import type { PageFile } from './PageFiles.ts'

const HEADERS = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; worker-src 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin'
}

const TEXT = 'text/plain; charset=utf-8'
const HTML = 'text/html; charset=utf-8'

/** Answers the requests for the page. */
export class PageHandler {
  readonly #files: ReadonlyMap<string, PageFile>
  readonly #access: Access
  readonly #isSecure: boolean

  constructor(files: ReadonlyMap<string, PageFile>, access: Access, isSecure: boolean) {
    this.#files = files
    this.#access = access
    this.#isSecure = isSecure
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#access.isOurHost(request)) return end(response, 421, 'This server has another name.\n')
    if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405, 'Ask with GET.\n')
    const url = URL.parse(request.url ?? '/', 'http://page')
    if (url === null) return end(response, 400, 'This is no path.\n')
    const { pathname, searchParams } = url
    if (pathname === '/favicon.ico') return end(response, 204, '')
    const token = searchParams.get('token')
    if (token !== null) return this.#enter(response, pathname, token)
    if (this.#access.roleOf(request) === undefined) {
      return end(response, 401, 'Open the link with the token that the viewer has printed.\n')
    }
    // Every page is one page; which viewer it shows is for it to find out.
    const isPage = pathname === '/' || pathname.startsWith('/v/')
    const file = this.#files.get(isPage ? '/index.html' : pathname)
    if (file === undefined) return end(response, 404, 'There is nothing here.\n')
    const caching = file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache'
    end(response, 200, file.body, { 'content-type': file.type, 'cache-control': caching })
  }

  /**
   * Keeps the token as a cookie and goes on without it. Not by a redirect: a link that is opened from another page would
   * arrive there without the cookie, which only goes where our own pages lead.
   */
  #enter(response: ServerResponse, pathname: string, token: string): void {
    if (this.#access.roleOfToken(token) === undefined)
      return end(response, 401, 'This token is not (or no longer) valid.\n')
    // A path of ours alone: `//name` would lead to another server.
    const own = pathname.startsWith('/v/') ? pathname : '/'
    const path = own.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
    const page = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${path}"><title>nodeacq</title>\n`
    const cookie = this.#access.cookieFor(token, this.#isSecure)
    end(response, 200, page, { 'content-type': HTML, 'cache-control': 'no-store', 'set-cookie': cookie })
  }
}

function end(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = { 'content-type': TEXT, 'cache-control': 'no-store' }
): void {
  response.writeHead(status, { ...HEADERS, ...headers }).end(response.req.method === 'HEAD' ? undefined : body)
}
