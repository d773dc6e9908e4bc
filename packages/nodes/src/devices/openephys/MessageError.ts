import { DeviceError } from '@nodeacq/core'

/** Bytes that are no message of Open Ephys: names the field, what was expected and what is there. */
export class MessageError extends DeviceError {
  override readonly name = 'MessageError'
  override readonly code = 'OPEN_EPHYS_MESSAGE'

  constructor(where: string, expected: string, got: unknown) {
    super(`message of Open Ephys: ${where}: expected ${expected}, got ${show(got)}`)
  }
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}
