import { DeviceError } from '@nodeacq/core'

/** Bytes that are not TiA 1.0. */
export class TiaFormatError extends DeviceError {
  override readonly name = 'TiaFormatError'
  override readonly code = 'TIA_FORMAT'
}

/** A TiA server answered a command with an error; `reason` is its text, perhaps empty. */
export class TiaCommandError extends DeviceError {
  override readonly name = 'TiaCommandError'
  override readonly code = 'TIA_COMMAND'
  readonly command: string
  readonly reason: string

  constructor(subject: string, command: string, reason: string) {
    super(`${subject}: ${command} was refused${reason && `: ${reason}`}`)
    this.command = command
    this.reason = reason
  }
}
