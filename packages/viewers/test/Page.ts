import { request } from 'node:http'
import { waitFor } from 'testing'
import { WebSocket } from 'ws'
import { decodeBinary, PROTOCOL } from '../src/index.ts'
import type { BinaryMessage, OutgoingMessage, ServerMessage } from '../src/index.ts'

/** What a request for a path gives. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Asks a server for a path, with any headers: browsers and `fetch` set some of them themselves. */
export async function get(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET'
): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const asking = request(url, { headers, method, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    asking.on('error', reject)
    asking.end()
  })
}

/** Opens a link with a token, as a browser would, and gives the cookie. */
export async function enter(url: string): Promise<string> {
  const { headers } = await get(url)
  return (headers['set-cookie'] as string[])[0]!.split(';')[0]!
}

/** The end of a websocket that a browser's page has. */
export class Page {
  readonly socket: WebSocket
  readonly said: ServerMessage[] = []
  readonly columns: BinaryMessage[] = []
  closed: { code: number; reason: string } | undefined
  /** Whether binary messages are acknowledged, as a page does when it has drawn them. */
  isReading = true

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (!isBinary) return void this.said.push(JSON.parse(String(data)) as ServerMessage)
      const message = decodeBinary(Uint8Array.from(data).buffer)
      this.columns.push(message)
      if (this.isReading) this.say({ type: 'ack', id: message.id, seq: message.seq })
    })
    socket.on('close', (code, reason) => (this.closed = { code, reason: String(reason) }))
  }

  /** @throws when the upgrade is refused, with its status. */
  static async open(link: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    const { origin, host } = new URL(link)
    const socket = new WebSocket(`ws://${host}/ws`, PROTOCOL, {
      headers: { origin, cookie: await enter(link), ...headers }
    })
    const page = new Page(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    await page.hears('hello')
    return page
  }

  say(message: OutgoingMessage): void {
    this.socket.send(JSON.stringify(message))
  }

  /** Waits for the newest message of a type, `count` of which have to be there. */
  async hears<T extends ServerMessage['type']>(type: T, count = 1): Promise<Extract<ServerMessage, { type: T }>> {
    const found = (): ServerMessage[] => this.said.filter((message) => message.type === type)
    await waitFor(() => found().length >= count)
    return found().at(-1) as Extract<ServerMessage, { type: T }>
  }

  /** Index of the sample after the last column that came. */
  get end(): number {
    const last = this.columns.at(-1)
    return last === undefined ? 0 : last.first + last.columns * last.samplesPerColumn
  }

  close(): void {
    this.socket.terminate()
  }
}
