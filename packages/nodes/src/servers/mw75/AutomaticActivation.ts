import { BlueZActivation } from './BlueZActivation.ts'
import type { Mw75Log } from './Mw75Source.ts'
import type { Mw75Activation } from './SerialSource.ts'

/** By BlueZ where it runs; elsewhere the headset has to stream already. */
export class AutomaticActivation implements Mw75Activation {
  #bluez: BlueZActivation | undefined

  async start(log: Mw75Log, signal: AbortSignal): Promise<number | null> {
    this.#bluez = (await BlueZActivation.isThere()) ? new BlueZActivation() : undefined
    if (this.#bluez !== undefined) return await this.#bluez.start(log, signal)
    log('INFO', 'There is no BlueZ here: the headset has to stream already')
    return null
  }

  async stop(log: Mw75Log): Promise<void> {
    await this.#bluez?.stop(log)
  }
}
