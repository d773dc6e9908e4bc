import { DeviceError } from '@nodeacq/core'
import type { Logger } from '@nodeacq/rpc'
import { BackOff } from './BackOff.ts'
import type { LostWatch } from './LostWatch.ts'

export interface StreamingDevice {
  /** Who says what happens, such as `OpenBci 'amp'`. */
  readonly subject: string
  /** The device, for messages. */
  readonly address: string
  readonly log: Logger
  readonly watch: LostWatch
  /** Connects where there is no connection, and starts the stream. @throws {DeviceError} */
  readonly start: () => Promise<void>
  /** Gives the connection up. */
  readonly disconnect: () => Promise<void>
  /** Told of each new attempt after an outage. */
  readonly onRetry: () => void
}

/**
 * Streams until the signal aborts. When the device is gone or silent, it is connected again after 1, 2, 4 … 30 s; an outage
 * is logged once.
 * @throws what is no DeviceError, and what the watch was told to fail with
 */
export async function keepStreaming(device: StreamingDevice, signal: AbortSignal): Promise<void> {
  const { subject, address, log, watch } = device
  const backOff = new BackOff()
  let isAway = false
  while (!signal.aborted) {
    let reason: string
    try {
      await device.start()
      if (isAway) log.info(`${subject}: ${address} is back`)
      isAway = false
      reason = await watch.untilLost(signal)
      if (watch.hasHeard) backOff.reset()
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error
      reason = error.message
    }
    if (signal.aborted) return
    if (!isAway) log.warning(`${subject}: no samples from ${address} (${reason}), trying again`)
    isAway = true
    await device.disconnect()
    await backOff.wait(signal)
    device.onRetry()
  }
}
