import { Node } from '@nodeacq/core'
import { z } from 'zod'
import { ViewerError } from '../errors.ts'
import type { Role, SubscribeMessage } from '../protocol/messages.ts'
import { show, type Shown } from '../server/sharedServers.ts'
import type { View, Viewer } from '../server/Viewer.ts'

/** Where the page is served; every viewer takes these. */
export const serverConfig = {
  host: z
    .string()
    .default('127.0.0.1')
    .describe('interface that the page is served on; beyond loopback only with a certificate or insecure'),
  port: z.number().int().min(0).max(65_535).default(0).describe('port of the page; 0 is any free one'),
  tlsCert: z.string().optional().describe('file with the certificate, in PEM'),
  tlsKey: z.string().optional().describe('file with the key of the certificate, in PEM'),
  insecure: z.boolean().default(false).describe('allow a host beyond loopback without a certificate'),
  publicNames: z.array(z.string()).default([]).describe('names under which others reach the page, without a port'),
  tokenFile: z
    .string()
    .optional()
    .describe('file with the token of the links; made, for its owner alone, when there is none'),
  withUserDialog: z
    .boolean()
    .default(true)
    .describe('accepted for pyacq; the page always has its controls')
    .meta({ pyacq: 'with_user_dialog' })
}

const schema = z.object(serverConfig)
type ServerConfig = z.infer<typeof schema>

/**
 * A node that is looked at in a browser. All viewers of a process that ask for the same address share a server; `url` is
 * the link to open. It looks at streams and changes nothing: what it or a browser cannot take in time is passed over.
 */
export abstract class ViewerNode<
  Config extends ServerConfig = ServerConfig,
  Params extends object = Record<string, unknown>
> extends Node<Config, Params> {
  #shown: Shown | undefined

  /** Which page shows it. */
  protected abstract readonly kind: string

  /** What a page sees. @throws {ProtocolError} */
  protected abstract _open(wish: SubscribeMessage): View

  /** What a page with the role `control` may call. */
  protected _calls(): Viewer['calls'] {
    return {}
  }

  /**
   * The link to the page. Whoever opens it may also change parameters, or only look, as `role` says.
   * @throws {ViewerError} before `initialize`.
   */
  url({ role = 'control' }: { role?: Role } = {}): string {
    if (this.#shown === undefined) throw new ViewerError(`${this._subject} is not shown yet; initialize it first`)
    return this.#shown.server.url({ viewer: this.name, role })
  }

  protected override async _initialize(): Promise<void> {
    if (this.#shown !== undefined) return
    const { host, port, tlsCert, tlsKey, tokenFile, insecure, publicNames } = this.config
    const options = { host, port, tlsCert, tlsKey, tokenFile, insecure, publicNames }
    this.#shown = await show(this.#viewer(), options)
  }

  protected override _paramsChanged(): void {
    const viewer = this.#own
    if (viewer !== undefined) this.#shown?.server.tellParams(viewer)
  }

  protected override async _close(): Promise<void> {
    await this.#shown?.remove()
    this.#shown = undefined
  }

  #own: Viewer | undefined

  #viewer(): Viewer {
    const params = (): Readonly<Record<string, unknown>> => this.params as Readonly<Record<string, unknown>>
    const own: Viewer = {
      name: this.name,
      kind: this.kind,
      get params() {
        return params()
      },
      setParams: (patch) => this.setParams(patch),
      calls: this._calls(),
      open: (wish) => this._open(wish)
    }
    this.#own = own
    return own
  }
}
