import { DeviceError } from '@nodeacq/core'

/** Codes that the client acts on. Others are only handed on: the vendor's table is longer than what is published. */
export const CORTEX_CODES = {
  invalidParams: -32602,
  noHeadset: -32004,
  sessionExists: -32005,
  tokenInvalid: -32014,
  tokenExpired: -32015,
  starting: -32122,
  refreshing: -32130,
  mustAuthorize: -32170
} as const

/** Cortex answered a call with an error. The message never holds a token or a secret. */
export class CortexError extends DeviceError {
  override readonly name = 'CortexError'
  override readonly code = 'CORTEX'
  /** Method of the call, as on the wire. */
  readonly method: string
  /** Cortex's own number, negative; -32602 for wrong parameters. */
  readonly cortexCode: number
  /** Cortex's own words. */
  readonly text: string

  constructor(method: string, cortexCode: number, text: string) {
    super(`Cortex: ${method}: ${text} (${cortexCode})`)
    this.method = method
    this.cortexCode = cortexCode
    this.text = text
  }
}
