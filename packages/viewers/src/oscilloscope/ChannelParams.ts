/** A node with live parameters by channel. */
interface Owner {
  readonly params: { readonly channels: Readonly<Record<string, unknown>> }
  setParams(patch: Readonly<Record<string, unknown>>): Promise<void>
}

/** What Python's `node.by_channel_params['ch0', 'gain'] = v` reaches: the group `channels` of the live parameters. */
export class ChannelParams {
  readonly #owner: Owner

  constructor(owner: Owner) {
    this.#owner = owner
  }

  /** Travels by proxy. */
  get '~proxied'(): true {
    return true
  }

  /** The parameters of a channel, or one of them. */
  getItem(key: string | readonly string[]): unknown {
    return [key].flat().reduce<unknown>((group, name) => {
      return typeof group === 'object' && group !== null && Object.hasOwn(group, name)
        ? (group as Record<string, unknown>)[name]
        : undefined
    }, this.#owner.params.channels)
  }

  async setItem(key: string | readonly string[], value: unknown): Promise<void> {
    const channels = [key].flat().reduceRight<unknown>((inner, name) => ({ [name]: inner }), value)
    await this.#owner.setParams({ channels })
  }
}
