/** The part of a server that its clients may see. */
export interface ServerView {
  readonly address: string
  readonly objectCount: number
  readonly clientCount: number
  close(): Promise<void>
}

/** What clients get as `self`: they may look at the server and close it, but not publish in its name. */
export class ServerSelf implements ServerView {
  readonly #server: ServerView

  constructor(server: ServerView) {
    this.#server = server
  }

  get '~proxied'(): true {
    return true
  }

  get address(): string {
    return this.#server.address
  }

  get objectCount(): number {
    return this.#server.objectCount
  }

  get clientCount(): number {
    return this.#server.clientCount
  }

  close(): Promise<void> {
    return this.#server.close()
  }
}
