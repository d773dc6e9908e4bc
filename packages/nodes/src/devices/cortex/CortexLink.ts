import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { DeviceError } from '@nodeacq/core'
import type { Logger } from '@nodeacq/rpc'
import { cortex2Dialect, type ClientDialect, type CortexMeaning } from './ClientDialect.ts'
import type { Params } from './CortexCalls.ts'
import type { CortexClientOptions } from './CortexClientOptions.ts'
import { CortexConnection } from './CortexConnection.ts'
import { CortexError } from './CortexError.ts'
import { withoutSecrets } from './credentials.ts'
import type { CortexSample, CortexWarning } from './messages.ts'
import { checkResult } from './resultShapes.ts'
import type * as results from './results.ts'
import { V1Dialect } from './v1/V1Dialect.ts'

interface LinkEvents {
  warning: [warning: CortexWarning]
  sample: [sample: CortexSample]
  lost: [reason: string]
}

const DAY = 24 * 3600 * 1000
/** ms to wait when Cortex says that it is not ready. */
const RETRY_DELAY = 1000
const RETRIES = 5
const EXPIRED = ['tokenInvalid', 'tokenExpired', 'mustAuthorize'] as const
const NOT_READY = ['starting', 'refreshing'] as const

/** The way to Cortex: one connection at a time, the right to use it, and the token of each call. */
export class CortexLink {
  readonly url: string
  readonly events = new EventEmitter<LinkEvents>()
  readonly log: Logger
  readonly #options: CortexClientOptions
  readonly #closed = new AbortController()
  #connection: CortexConnection | undefined
  #dialect: ClientDialect = cortex2Dialect
  #token: { readonly text: string; readonly since: number } | undefined
  #renewal: Promise<void> | undefined
  #isApproved = false

  constructor(url: string, options: CortexClientOptions, log: Logger) {
    this.url = url
    this.log = log
    this.#options = options
    this.events.setMaxListeners(0)
  }

  get isConnected(): boolean {
    return this.#connection !== undefined
  }

  get isApproved(): boolean {
    return this.#isApproved
  }

  get isAuthorized(): boolean {
    return this.#token !== undefined
  }

  /** Aborts when the link is closed. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** Nothing waits, and nothing is tried again, from here on. */
  stopWaiting(): void {
    this.#closed.abort()
  }

  async close(): Promise<void> {
    this.stopWaiting()
    await this.#connection?.close()
    this.#connection = undefined
  }

  async open(): Promise<void> {
    const { ca, timeout = 10_000, dialect = 'v2' } = this.#options
    this.#dialect = dialect === 'v1' ? new V1Dialect() : cortex2Dialect
    this.#connection = await CortexConnection.open(this.url, {
      dialect: this.#dialect,
      ca,
      timeout,
      onMessage: (message) => {
        if (message.kind === 'sample') {
          this.events.emit('sample', message)
          return
        }
        this.debug(() => `warning ${message.code} ${JSON.stringify(message.details)} ${message.text}`)
        this.events.emit('warning', message)
      },
      onLost: (reason) => {
        this.#connection = undefined
        this.events.emit('lost', reason)
      },
      onGarbage: (reason) => this.log.warning(`Cortex at ${this.url}: message ignored: ${this.clean(reason)}`)
    })
  }

  async sendRequest(method: string, params: Params = {}): Promise<unknown> {
    if (this.#connection === undefined) {
      throw new DeviceError(`Cortex at ${this.url}: ${method}: not connected`)
    }
    this.debug(() => `→ ${method} ${JSON.stringify(params)}`)
    const result = await this.#request(this.#connection, method, params)
    this.debug(() => `← ${method} ${JSON.stringify(result)}`)
    if (this.#options.checkResponse ?? true) checkResult(method, result)
    return result
  }

  async sendAuthedRequest(method: string, params: Params = {}): Promise<unknown> {
    const { tokenRenewal = DAY } = this.#options
    if (this.#token === undefined) await this.#renew(() => this.authorize())
    else if (Date.now() - this.#token.since > tokenRenewal) await this.#renew(() => this.generateNewToken())
    const cortexToken = this.#token?.text
    try {
      return await this.sendRequest(method, { cortexToken, ...params })
    } catch (error) {
      if (!this.means(error, ...EXPIRED)) throw error
      this.log.debug(`Cortex refused the token of ${method}: authorising again`)
      // Another call may have renewed it in the meantime.
      if (this.#token?.text === cortexToken) await this.#renew(() => this.authorize())
      return await this.sendRequest(method, { cortexToken: this.#token?.text, ...params })
    }
  }

  async requestAccess(): Promise<results.AccessRight> {
    const { clientId, clientSecret } = this.#options
    const result = (await this.sendRequest('requestAccess', { clientId, clientSecret })) as results.AccessRight
    this.#isApproved = result.accessGranted
    return result
  }

  async hasAccessRight(): Promise<results.AccessRight> {
    const { clientId, clientSecret } = this.#options
    const result = (await this.sendRequest('hasAccessRight', { clientId, clientSecret })) as results.AccessRight
    this.#isApproved = result.accessGranted
    return result
  }

  /** A new token, which all later calls use. */
  async authorize(): Promise<results.Authorization> {
    const { clientId, clientSecret, license, debit } = this.#options
    const params = { clientId, clientSecret, ...(license && { license }), ...(debit !== undefined && { debit }) }
    return this.#keepToken((await this.sendRequest('authorize', params)) as results.Authorization)
  }

  /** Exchanges the token for a new one. */
  async generateNewToken(): Promise<results.Authorization> {
    // The older Cortex has no call for it.
    if (this.#options.dialect === 'v1') return await this.authorize()
    const { clientId, clientSecret } = this.#options
    const params = { clientId, clientSecret, cortexToken: this.#token?.text }
    return this.#keepToken((await this.sendRequest('generateNewToken', params)) as results.Authorization)
  }

  /** Asks for access, waits until the user has granted it, and authorises. @throws {DeviceError} when it is not granted. */
  async authenticate(): Promise<results.Authorization> {
    const { accessTimeout = 60_000 } = this.#options
    const until = Date.now() + accessTimeout
    while (!(await this.requestAccess()).accessGranted) {
      if (Date.now() > until) throw new DeviceError(`Cortex at ${this.url}: the user did not grant access`)
      this.log.warning("Cortex waits for the user: grant access in Emotiv's application")
      const decided = await this.nextWarning(({ code }) => code === 9 || code === 10, 1000)
      if (decided?.code === 10) throw new DeviceError(`Cortex at ${this.url}: the user refused access`)
    }
    return await this.authorize()
  }

  /** The next warning that suits; undefined after `timeout` ms. */
  async nextWarning(suits: (warning: CortexWarning) => boolean, timeout: number): Promise<CortexWarning | undefined> {
    const limit = AbortSignal.any([AbortSignal.timeout(timeout), this.#closed.signal])
    try {
      for (;;) {
        const [warning] = (await once(this.events, 'warning', { signal: limit })) as [CortexWarning]
        if (suits(warning)) return warning
      }
    } catch {
      return undefined
    }
  }

  /** Whether an error is one of Cortex's with one of these meanings. */
  means(error: unknown, ...meanings: readonly CortexMeaning[]): error is CortexError {
    return error instanceof CortexError && meanings.some((meaning) => this.#dialect.means(error, meaning))
  }

  debug(text: () => string): void {
    if (this.#options.debug) this.log.debug(this.clean(text()))
  }

  clean(text: string): string {
    const { clientId, clientSecret, license = '' } = this.#options
    // The newest token may be within the text before it is known.
    const hidden = text.replace(/("cortexToken":")[^"]*/g, '$1***')
    return withoutSecrets(hidden, [clientSecret, clientId, license, this.#token?.text ?? ''])
  }

  /** Waits and calls again while Cortex says that it is not ready. */
  async #request(connection: CortexConnection, method: string, params: Params): Promise<unknown> {
    for (let retry = 0; ; retry++) {
      try {
        return await connection.request(method, params)
      } catch (error) {
        if (!(error instanceof CortexError)) throw error
        // What a server echoes may hold what must not be shown.
        const clean = new CortexError(error.method, error.cortexCode, this.clean(error.text))
        if (retry === RETRIES || !this.means(error, ...NOT_READY)) throw clean
        await sleep(RETRY_DELAY, undefined, { signal: this.#closed.signal })
      }
    }
  }

  #keepToken(result: results.Authorization): results.Authorization {
    this.#token = { text: result.cortexToken, since: Date.now() }
    return result
  }

  /** Calls that need a token at the same time share one renewal. */
  async #renew(get: () => Promise<unknown>): Promise<void> {
    this.#renewal ??= get().then(
      () => (this.#renewal = undefined),
      (error: unknown) => {
        this.#renewal = undefined
        throw error
      }
    )
    await this.#renewal
  }
}
