import type { InputStream } from '@nodeacq/stream'
import { z } from 'zod'

type Source = Parameters<InputStream['connect']>[0]

/** The option `streams` of pyacq's recorders. @param prefix of the names of inputs that have none */
export function streamsOption(prefix: string) {
  return z
    .union([z.array(z.unknown()), z.record(z.string(), z.unknown())])
    .default([])
    .describe(
      `inputs to make: a list of names; or, as pyacq, streams to record, a list (named ${prefix}0, ${prefix}1 …) or a map from name to stream; default none, inputs are made when they are asked for`
    )
}

export const autoconnectOption = z
  .boolean()
  .default(true)
  .describe('connect to the streams given in streams; default true')

/** Inputs that the option `streams` made, which another `configure` replaces. */
export class StreamInputs {
  readonly #prefix: string
  #names: string[] = []

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** @throws what `refuse` makes, for a name that is there already */
  async replace(
    { streams, autoconnect }: { streams: unknown[] | Record<string, unknown>; autoconnect: boolean },
    node: {
      readonly inputs: Record<string, InputStream>
      add(name: string): InputStream
      refuse(problem: string): Error
    }
  ): Promise<void> {
    for (const name of this.#names) {
      await node.inputs[name]?.close()
      delete node.inputs[name]
    }
    const wanted: [string, unknown][] = Array.isArray(streams)
      ? streams.map((stream, k) => (typeof stream === 'string' ? [stream, null] : [`${this.#prefix}${k}`, stream]))
      : Object.entries(streams)
    this.#names = []
    for (const [name, source] of wanted) {
      if (name in node.inputs) throw node.refuse(`'streams': input '${name}' is there already`)
      const input = node.add(name)
      this.#names.push(name)
      if (autoconnect && source != null) await input.connect(source as Source)
    }
  }
}
