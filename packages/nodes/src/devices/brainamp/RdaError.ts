import { DeviceError } from '@nodeacq/core'

/** BrainVision Recorder cannot be heard. */
export class RdaError extends DeviceError {
  override readonly name: string = 'RdaError'
  override readonly code: string = 'RDA'
}

/** Bytes that are no message of it. */
export class RdaFormatError extends RdaError {
  override readonly name = 'RdaFormatError'
  override readonly code = 'RDA_FORMAT'
}
