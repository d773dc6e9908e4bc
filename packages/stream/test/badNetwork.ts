import { FaultProxy } from 'testing'
import type { Faults } from 'testing'
import type { OutputStream, WireParams } from '@nodeacq/stream'

/** A bad network between an output and whoever connects to `params`: one proxy for the data, one for the side channel. */
export class BadNetwork implements AsyncDisposable {
  readonly data: FaultProxy
  readonly side: FaultProxy
  /** What an input connects to. */
  readonly params: WireParams

  private constructor(data: FaultProxy, side: FaultProxy, params: WireParams) {
    this.data = data
    this.side = side
    this.params = {
      ...params,
      interface: '127.0.0.1',
      port: String(data.port),
      nodeacq: { ...own(params), side: side.address }
    }
  }

  static async before(source: OutputStream | WireParams, seed = 1): Promise<BadNetwork> {
    const params = 'params' in source ? (source as OutputStream).params : source
    const data = await FaultProxy.start({ target: dataAddress(params), seed })
    const side = await FaultProxy.start({ target: String(own(params)['side']), seed: seed + 1 })
    return new BadNetwork(data, side, params)
  }

  /** Leads connections to come to another output. */
  leadTo(params: WireParams): void {
    this.data.set({ target: dataAddress(params) })
    this.side.set({ target: String(own(params)['side']) })
  }

  set(faults: Faults): void {
    this.data.set(faults)
    this.side.set(faults)
  }

  cut(): void {
    this.data.cut()
    this.side.cut()
  }

  drop(): void {
    this.data.drop()
    this.side.drop()
  }

  heal(): void {
    this.data.heal()
    this.side.heal()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.data[Symbol.asyncDispose]()
    await this.side[Symbol.asyncDispose]()
  }
}

function own(params: WireParams): Record<string, unknown> {
  return params['nodeacq'] as Record<string, unknown>
}

function dataAddress(params: WireParams): string {
  return `tcp://${String(params['interface'])}:${String(params['port'])}`
}
