import { Mw75Client } from '../../devices/mw75/Mw75Client.ts'
import { Mw75Error, SHARED_CODES } from '../../devices/mw75/Mw75Error.ts'
import type { Mw75Message } from '../../devices/mw75/messages.ts'
import { isLinkError, Mw75LinkError, type Mw75Link, type Mw75LinkEvents, type Mw75Source } from './Mw75Source.ts'

/** Gives a server the headset of another one. Samples keep the times that the other one gave them. */
export class UpstreamSource implements Mw75Source {
  readonly name: string

  /** @param url of the other server */
  constructor(url: string) {
    this.name = url
  }

  async open(events: Mw75LinkEvents, signal: AbortSignal): Promise<Mw75Link> {
    const client = await Mw75Client.open(this.name, { signal })
    const link = new UpstreamLink(client, events)
    const abort = (): void => client.drop('given up')
    signal.addEventListener('abort', abort)
    try {
      await link.connect()
      return link
    } catch (error) {
      await client.close()
      throw error instanceof Mw75Error ? toLinkError(error) : error
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }
}

class UpstreamLink implements Mw75Link {
  readonly ended: Promise<Error | undefined>
  batteryLevel: number | null = null
  readonly #client: Mw75Client
  readonly #events: Mw75LinkEvents
  readonly #connected: Promise<void>
  #onConnected: () => void = () => {}
  #onRefused: (error: Error) => void = () => {}
  #onEnded: (error: Error | undefined) => void = () => {}
  #isConnected = false

  constructor(client: Mw75Client, events: Mw75LinkEvents) {
    this.#client = client
    this.#events = events
    this.ended = new Promise((resolve) => (this.#onEnded = resolve))
    this.#connected = new Promise((resolve, reject) => {
      this.#onConnected = resolve
      this.#onRefused = reject
    })
    // Whoever connects waits for it; when the request itself is refused, nobody does.
    this.#connected.catch(() => {})
    client.on('message', (message) => this.#take(message))
    client.on('end', (reason) => {
      this.#onRefused(new Error(reason))
      this.#onEnded(new Error(reason))
    })
  }

  async connect(): Promise<void> {
    try {
      await this.#client.connectHeadset({ logLevel: 'INFO' })
    } catch (error) {
      if (!(error instanceof Mw75Error) || !SHARED_CODES.includes(error.mw75Code)) throw error
      const { device_state: state } = await this.#client.status()
      if (state === 'connected') return
    }
    await this.#connected
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  #take(message: Mw75Message): void {
    switch (message.type) {
      case 'eeg_data':
        this.#events.onSample(message.sample)
        return
      case 'heartbeat':
        this.batteryLevel = message.batteryLevel
        return
      case 'state':
        this.batteryLevel = message.batteryLevel
        if (message.state === 'connected') {
          this.#isConnected = true
          this.#onConnected()
        } else if (this.#isConnected) {
          this.#onEnded(undefined)
        }
        return
      case 'log':
        this.#events.log(message.level, message.text)
        return
      case 'error':
        this.#onRefused(new Mw75Error(this.#client.url, message.code, message.text))
        return
      case 'answer':
      case 'broadcast':
    }
  }
}

function toLinkError(error: Mw75Error): Error {
  return isLinkError(error.mw75Code) ? new Mw75LinkError(error.mw75Code, error.message, error) : error
}
