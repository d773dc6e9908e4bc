import { setTimeout as sleep } from 'node:timers/promises'
import { epochSeconds } from '../../devices/mw75/messages.ts'
import { PacketReader } from '../../devices/mw75/packets.ts'
import { Mw75LinkError, type Mw75Link, type Mw75LinkEvents, type Mw75Source } from '../../servers/mw75/Mw75Source.ts'
import type { SimulatedHeadset } from './SimulatedHeadset.ts'

/** s that it takes to find and activate a simulated headset. */
const CONNECT_TIME = 0.05

/** Gives a server a simulated headset. What it sends is read from its bytes, as from a real one. */
export class SimulatorSource implements Mw75Source {
  readonly name = 'simulated'
  readonly #headset: SimulatedHeadset

  constructor(headset: SimulatedHeadset) {
    this.#headset = headset
  }

  async open({ onSample, log }: Mw75LinkEvents, signal: AbortSignal): Promise<Mw75Link> {
    const headset = this.#headset
    log('INFO', 'Starting BLE discovery and activation...')
    await sleep(CONNECT_TIME * 1000, undefined, { signal })
    if (!headset.activate()) throw new Mw75LinkError('BLE_ACTIVATION_FAILED', 'BLE activation failed')
    log('INFO', 'Establishing RFCOMM connection...')
    if (!headset.connect()) throw new Mw75LinkError('RFCOMM_CONNECTION_FAILED', 'RFCOMM connection failed')
    log('INFO', 'Starting data streaming loop...')
    const reader = new PacketReader()
    const stream = headset.stream((piece) =>
      reader.read(piece, (packet) => onSample({ ...packet, timestamp: epochSeconds() }))
    )
    return {
      get batteryLevel() {
        return headset.battery
      },
      ended: stream.ended,
      close: async () => stream.close()
    }
  }
}
