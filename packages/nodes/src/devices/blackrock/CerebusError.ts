import { DeviceError } from '@nodeacq/core'

/** A Cerebus instrument cannot be heard. */
export class CerebusError extends DeviceError {
  override readonly name: string = 'CerebusError'
  override readonly code: string = 'CEREBUS'
}

/** Bytes that are no packet of it. */
export class CerebusFormatError extends CerebusError {
  override readonly name = 'CerebusFormatError'
  override readonly code = 'CEREBUS_FORMAT'
}
