/** Texts are not Cortex's own: the vendor's table is not public. The codes are. */
const TEXTS = {
  [-32700]: 'Parse error',
  [-32600]: 'Invalid request',
  [-32601]: 'Method not found',
  [-32602]: 'Invalid parameters',
  [-32004]: 'The headset is not available or not connected.',
  [-32005]: 'Session already exists.',
  [-32007]: 'The session does not exist or is closed.',
  [-32012]: 'The session must be activated.',
  [-32014]: 'Invalid cortex token.',
  [-32015]: 'The cortex token has expired.',
  [-32016]: 'The stream is unavailable or invalid.',
  [-32021]: 'Invalid client credentials.',
  [-32033]: 'No user is logged in.',
  [-32046]: 'The profile does not exist or is not accessible.',
  [-32058]: 'not found',
  [-32102]: 'The application has no access right.'
} as const

export type RefusalCode = keyof typeof TEXTS

/** A call that the simulator answers with an error. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: number

  constructor(code: RefusalCode, detail?: string) {
    super(detail === undefined ? TEXTS[code] : `${TEXTS[code]}: ${detail}`)
    this.code = code
  }
}

/** As it is in lists of what failed. */
export function refusal(code: RefusalCode): { code: number; message: string } {
  return { code, message: TEXTS[code] }
}
