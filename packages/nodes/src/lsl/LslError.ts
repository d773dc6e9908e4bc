import { DeviceError } from '@nodeacq/core'

/** Bytes that are not LSL's, or say what cannot be. */
export class LslFormatError extends DeviceError {
  override readonly name = 'LslFormatError'
  override readonly code = 'LSL_FORMAT'
}

/** A stream that cannot be found or gone on with. */
export class LslLostError extends DeviceError {
  override readonly name = 'LslLostError'
  override readonly code = 'LSL_LOST'
}

/** A query that is no XPath 1.0, or uses what is left out of it. */
export class LslQueryError extends DeviceError {
  override readonly name = 'LslQueryError'
  override readonly code = 'LSL_QUERY'
}
