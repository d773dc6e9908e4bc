import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { hostname, networkInterfaces } from 'node:os'
import type { Role } from '../protocol/messages.ts'

/** 128 bits cannot be guessed. */
const TOKEN_BYTES = 16
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

export interface AccessOptions {
  /** Interface that the server listens on. */
  readonly host: string
  /** Names under which others reach the server, without a port. */
  readonly publicNames?: readonly string[]
  /** Makes one of the role control. Default: a random one. */
  readonly token?: string
}

/**
 * Who may look and who may change things. A link with a token is opened once and becomes a cookie; a request counts only
 * when its `Host` is one of ours (against DNS rebinding), a websocket only when it also comes from a page of ours
 * (against other pages in the same browser).
 */
export class Access {
  readonly #tokens: Readonly<Record<Role, string>>
  readonly #hosts: ReadonlySet<string>
  /** Cookies do not know ports: the name of each server's does. */
  #cookie = ''

  constructor({ host, publicNames = [], token = newToken() }: AccessOptions) {
    // Who knows the one that controls may look too; the other way round nothing follows.
    this.#tokens = { control: token, view: digest(`view ${token}`).toString('base64url').slice(0, token.length) }
    this.#hosts = new Set([...LOOPBACK, ...namesOf(host), ...publicNames].map((name) => name.toLowerCase()))
  }

  /** Tells the port, when it is known. */
  listensOn(port: number): void {
    this.#cookie = `nodeacq${port}`
  }

  /** The token that makes one of this role. */
  token(role: Role): string {
    return this.#tokens[role]
  }

  /** The role that a token gives. */
  roleOfToken(token: string): Role | undefined {
    // Both are compared, so that the time tells nothing.
    const isControl = isSame(token, this.#tokens.control)
    const isView = isSame(token, this.#tokens.view)
    return isControl ? 'control' : isView ? 'view' : undefined
  }

  /** The role that a request's cookie gives. */
  roleOf({ headers }: IncomingMessage): Role | undefined {
    for (const part of (headers.cookie ?? '').split(';')) {
      const [name, value = ''] = part.trim().split('=')
      if (name === this.#cookie) return this.roleOfToken(value)
    }
    return undefined
  }

  /** Value of the header that keeps a token. */
  cookieFor(token: string, isSecure: boolean): string {
    return `${this.#cookie}=${token}; HttpOnly; SameSite=Strict; Path=/${isSecure ? '; Secure' : ''}`
  }

  /** Whether a request names this server as its own. */
  isOurHost({ headers }: IncomingMessage): boolean {
    const name = /^(?<name>.*?)(:\d+)?$/.exec((headers.host ?? '').toLowerCase())?.groups?.['name'] ?? ''
    return this.#hosts.has(name)
  }

  /** Whether a request comes from a page of this server. */
  isOurOrigin({ headers }: IncomingMessage): boolean {
    if (headers.origin === undefined || !URL.canParse(headers.origin)) return false
    return new URL(headers.origin).host === headers.host?.toLowerCase()
  }
}

/** A token that nobody can guess. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url')
}

function isSame(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Under what names a server at this interface is reached. */
function namesOf(host: string): string[] {
  if (host !== '0.0.0.0' && host !== '::') return [host.includes(':') ? `[${host}]` : host]
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return [hostname(), ...addresses.map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address))]
}
