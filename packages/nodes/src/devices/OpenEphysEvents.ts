import { Node, registerNodeType } from '@nodeacq/core'
import { EVENT_DTYPE, makeEvents } from '@nodeacq/stream'
import { z } from 'zod'
import { decodeBroadcast, type BroadcastEvent } from './openephys/eventBroadcaster.ts'
import { spikeOf, ttlEvent } from './openephys/events.ts'
import { MessageError } from './openephys/MessageError.ts'
import { PluginFeed } from './openephys/PluginFeed.ts'

const config = z.object({
  url: z.string().default('tcp://127.0.0.1:5557').describe('port of the plugin Event Broadcaster'),
  stream: z.string().nullish().describe('name of the stream whose events are taken; default all')
})

type Config = z.infer<typeof config>

const EVENTS = { streamType: 'event', dtype: EVENT_DTYPE, shape: [-1] } as const

/**
 * Events of the Open Ephys GUI, through its plugin Event Broadcaster. Outputs `events` (`line 4`, 1 up, 0 down) and `spikes`
 * (electrode and unit); their index is the sample number of the GUI. The plugin counts nothing: what is lost cannot be seen.
 */
export class OpenEphysEvents extends Node<Config> {
  static override readonly description = 'TTL events and spikes of Open Ephys, through its plugin Event Broadcaster.'
  static override readonly configSchema = config
  static override readonly outputSpecs = { events: EVENTS, spikes: EVENTS }
  #counts = { badMessages: 0, otherStreams: 0, outages: 0 }

  protected override async _run(signal: AbortSignal): Promise<void> {
    const { url, stream } = this.config
    const counts = (this.#counts = { badMessages: 0, otherStreams: 0, outages: 0 })
    await using feed = new PluginFeed(url, this._subject, this.log)
    for await (const frames of feed.messages(signal)) {
      counts.outages = feed.outages
      const event = this.#decode(frames)
      if (event === undefined) continue
      // The binary form does not name its stream.
      if (stream && event.stream !== '' && event.stream !== stream) {
        counts.otherStreams += 1
        continue
      }
      await this.#send(event)
    }
  }

  #decode(frames: readonly Uint8Array[]): BroadcastEvent | undefined {
    try {
      return decodeBroadcast(frames)
    } catch (error) {
      if (!(error instanceof MessageError)) throw error
      if (this.#counts.badMessages === 0) this.log.warning(`${this._subject}: ignored: ${error.message}`)
      this.#counts.badMessages += 1
      return undefined
    }
  }

  async #send(event: BroadcastEvent): Promise<void> {
    const isTtl = event.kind === 'ttl'
    const { label, value } = isTtl ? ttlEvent(event.line, event.state, event.sampleNumber) : spikeOf(event)
    const chunk = makeEvents([{ index: event.sampleNumber, label, value }])
    await this.outputs[isTtl ? 'events' : 'spikes']!.send(chunk)
  }

  /** `badMessages`: that could not be read; `otherStreams`: events of them; `outages`: how often the connection ended. */
  protected override _counters(): Readonly<Record<string, number>> {
    return this.#counts
  }
}
registerNodeType(OpenEphysEvents)
