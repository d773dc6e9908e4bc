import { DeviceError } from '@nodeacq/core'

/** Codes of a server whose headset somebody else has connected: its samples come all the same. */
export const SHARED_CODES: readonly string[] = ['ALREADY_CONNECTED', 'DEVICE_CONTROL_TAKEN']

/** An MW75 server refuses a request, or its headset fails; `mw75Code` is the server's own. */
export class Mw75Error extends DeviceError {
  override readonly name = 'Mw75Error'
  override readonly code = 'MW75'
  readonly mw75Code: string
  readonly text: string

  constructor(subject: string, mw75Code: string, text: string) {
    super(`${subject}: ${text} (${mw75Code})`)
    this.mw75Code = mw75Code
    this.text = text
  }
}
