import type { CortexLink } from './CortexLink.ts'
import type * as results from './results.ts'

/** A headset or a session: by its place among those known, from 0, or by its id. */
export type Which = number | string

/** Where settings are: in a session, or read-only in a saved profile. */
export type SettingsOf = { readonly session?: Which } | { readonly profile: string }

export type Params = Readonly<Record<string, unknown>>

/** How the calls reach Cortex, and those that concern the application and its user. */
export abstract class CortexCalls {
  protected readonly link: CortexLink

  constructor(link: CortexLink) {
    this.link = link
  }

  /** @throws {DeviceError} when there is no such headset. */
  protected abstract _headsetId(which: Which): Promise<string>
  /** @throws {DeviceError} when there is no such session. */
  protected abstract _sessionId(which: Which): string

  protected _settingsOf(of: SettingsOf): Params {
    return 'profile' in of ? { profile: of.profile } : { session: this._sessionId(of.session ?? 0) }
  }

  get url(): string {
    return this.link.url
  }

  /** The user lets the application use Cortex. */
  get approved(): boolean {
    return this.link.isApproved
  }

  /** A token was issued. */
  get authorized(): boolean {
    return this.link.isAuthorized
  }

  get isConnected(): boolean {
    return this.link.isConnected
  }

  /** A call as it is on the wire, without a token. @throws {CortexError} @throws {DeviceError} */
  async sendRequest(method: string, params: Params = {}): Promise<unknown> {
    return await this.link.sendRequest(method, params)
  }

  /** A call with the token: it is renewed, and the call repeated once, when Cortex refuses it. @throws {CortexError} */
  async sendAuthedRequest(method: string, params: Params = {}): Promise<unknown> {
    return await this.link.sendAuthedRequest(method, params)
  }

  async requestAccess(): Promise<results.AccessRight> {
    return await this.link.requestAccess()
  }

  async hasAccessRight(): Promise<results.AccessRight> {
    return await this.link.hasAccessRight()
  }

  /** A new token, which all later calls use. */
  async authorize(): Promise<results.Authorization> {
    return await this.link.authorize()
  }

  /** Exchanges the token for a new one. */
  async generateNewToken(): Promise<results.Authorization> {
    return await this.link.generateNewToken()
  }

  /** Asks for access, waits until the user has granted it, and authorises. @throws {DeviceError} when it is not granted. */
  async authenticate(): Promise<results.Authorization> {
    return await this.link.authenticate()
  }

  async getCortexInfo(): Promise<results.CortexInfo> {
    return (await this.sendRequest('getCortexInfo')) as results.CortexInfo
  }

  /** Who is logged in; empty when nobody is. */
  async getUserLogin(): Promise<results.UserLogin[]> {
    return (await this.sendRequest('getUserLogin')) as results.UserLogin[]
  }

  async getUserInformation(): Promise<results.UserInformation> {
    return (await this.sendAuthedRequest('getUserInformation')) as results.UserInformation
  }

  async getLicenseInfo(): Promise<results.LicenseInfo> {
    return (await this.sendAuthedRequest('getLicenseInfo')) as results.LicenseInfo
  }

  /** Whether usage data goes to Emotiv. */
  async configOptOut(
    change: { status: 'get' } | { status: 'set'; newOptOut: boolean } = { status: 'get' }
  ): Promise<{ currentOptOut: boolean; message: string }> {
    return (await this.sendAuthedRequest('configOptOut', change)) as { currentOptOut: boolean; message: string }
  }
}
