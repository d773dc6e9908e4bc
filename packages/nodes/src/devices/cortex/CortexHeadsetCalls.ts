import { DeviceError } from '@nodeacq/core'
import { CortexBciCalls } from './CortexBciCalls.ts'
import type { Which } from './CortexCalls.ts'
import type { CortexWarning } from './messages.ts'
import type * as results from './results.ts'

/** ms from one look at the headsets to the next, while one is connecting. */
const CONNECT_POLL = 1000
const CONNECT_TIMEOUT = 30_000
const CONNECT_FAILURES: readonly number[] = [100, 101, 102, 112, 113]

/** Headsets: finding, connecting, setting up. */
export abstract class CortexHeadsetCalls extends CortexBciCalls {
  readonly #headsets = new Map<string, results.Headset>()

  /** Headsets by id, as last seen. */
  get headsets(): ReadonlyMap<string, results.Headset> {
    return this.#headsets
  }

  get connectedHeadsets(): ReadonlyMap<string, results.Headset> {
    return new Map([...this.#headsets].filter(([, { status }]) => status === 'connected'))
  }

  /** Looks for headsets anew and lists them. @param options.id with `*` as wildcard */
  async queryHeadsets({ id, refresh = true }: { id?: string; refresh?: boolean } = {}): Promise<results.Headset[]> {
    if (refresh) await this.refreshHeadsets()
    const found = (await this.sendRequest('queryHeadsets', id === undefined ? {} : { id })) as results.Headset[]
    if (id === undefined) this.#headsets.clear()
    for (const headset of found) this.#headsets.set(headset.id, headset)
    return found
  }

  /** Brings `headsets` up to date. */
  async syncHeadsets(): Promise<void> {
    await this.queryHeadsets()
  }

  async controlDevice(
    command: 'refresh' | 'connect' | 'disconnect',
    { headset, mappings }: { headset?: string; mappings?: Readonly<Record<string, string>> } = {}
  ): Promise<results.ControlResult> {
    const params = { command, ...(headset !== undefined && { headset }), ...(mappings && { mappings }) }
    return (await this.sendRequest('controlDevice', params)) as results.ControlResult
  }

  async refreshHeadsets(): Promise<results.ControlResult> {
    return await this.controlDevice('refresh')
  }

  /**
   * Connects a headset, and resolves when it is connected.
   * @param options.mappings of an EPOC Flex: position name of each of its sensors
   * @throws {DeviceError} when Cortex cannot, or it takes longer than `timeout` ms, default 30 000.
   */
  async connectHeadset(
    which: Which = 0,
    { mappings, timeout = CONNECT_TIMEOUT }: { mappings?: Readonly<Record<string, string>>; timeout?: number } = {}
  ): Promise<results.ControlResult> {
    const headset = await this._headsetId(which)
    const isOurs = ({ code, details }: CortexWarning) =>
      (code === 104 || CONNECT_FAILURES.includes(code)) && (details['headsetId'] ?? headset) === headset
    const until = Date.now() + timeout
    let told = this.link.nextWarning(isOurs, CONNECT_POLL)
    const result = await this.controlDevice('connect', { headset, ...(mappings && { mappings }) })
    for (await this.syncHeadsets(); this.#headsets.get(headset)?.status !== 'connected'; await this.syncHeadsets()) {
      if (Date.now() > until) throw new DeviceError(`Cortex: headset ${headset} is not connected after ${timeout} ms`)
      const warning = await told
      if (warning && CONNECT_FAILURES.includes(warning.code)) {
        throw new DeviceError(`Cortex: headset ${headset}: ${warning.text} (warning ${warning.code})`)
      }
      told = this.link.nextWarning(isOurs, CONNECT_POLL)
    }
    return result
  }

  async disconnectHeadset(which: Which = 0): Promise<results.ControlResult> {
    const result = await this.controlDevice('disconnect', { headset: await this._headsetId(which) })
    await this.syncHeadsets()
    return result
  }

  /** Settings of an EPOC+ on its USB cable. */
  async updateHeadset(setting: results.HeadsetSettings, which: Which = 0): Promise<results.HeadsetMessage> {
    const params = { headset: await this._headsetId(which), setting }
    return (await this.sendAuthedRequest('updateHeadset', params)) as results.HeadsetMessage
  }

  /** EEG at 256 Hz and motion at 128 Hz. */
  async maximizeHeadset(which: Which = 0): Promise<results.HeadsetMessage> {
    return await this.updateHeadset({ mode: 'EPOCPLUS', eegRate: 256, memsRate: 128 }, which)
  }

  /** EEG at 256 Hz without motion. */
  async maximizeHeadsetNoMotion(which: Which = 0): Promise<results.HeadsetMessage> {
    return await this.updateHeadset({ mode: 'EPOCPLUS', eegRate: 256, memsRate: 0 }, which)
  }

  async updateHeadsetCustomInfo(
    change: { headbandPosition?: 'back' | 'top'; customName?: string },
    which: Which = 0
  ): Promise<results.Headset> {
    const params = { headsetId: await this._headsetId(which), ...change }
    return (await this.sendAuthedRequest('updateHeadsetCustomInfo', params)) as results.Headset
  }

  /** @param clocks s: of a monotonic clock, and of the epoch, at the same moment */
  async syncWithHeadsetClock(
    clocks: { monotonicTime: number; systemTime: number },
    which: Which = 0
  ): Promise<{ adjustment: number; headset: string }> {
    const params = { headset: await this._headsetId(which), ...clocks }
    return (await this.sendRequest('syncWithHeadsetClock', params)) as { adjustment: number; headset: string }
  }

  /** Stored mappings of an EPOC Flex. */
  async configMapping(
    status: 'create' | 'get' | 'read' | 'update' | 'delete',
    mapping: { uuid?: string; name?: string; mappings?: Readonly<Record<string, string>> } = {}
  ): Promise<{ message: string; value: unknown }> {
    return (await this.sendAuthedRequest('configMapping', { status, ...mapping })) as {
      message: string
      value: unknown
    }
  }

  protected async _headsetId(which: Which): Promise<string> {
    if (typeof which === 'string') return which
    if (this.#headsets.size === 0) await this.syncHeadsets()
    const id = [...this.#headsets.keys()][which]
    if (id === undefined)
      throw new DeviceError(`Cortex: expected a headset with number ${which}, got ${this.#headsets.size} of them`)
    return id
  }
}
