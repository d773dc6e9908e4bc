import { V1_ERRORS, type V1Error } from '../../../devices/cortex/v1/messages.ts'
import { Refusal } from '../Refusal.ts'

/** A call that the older Cortex answers with an error. */
export class V1Refusal extends Error {
  override readonly name = 'V1Refusal'
  readonly code: number

  /** @param detail stands after the text of the document, by which errors that share a code are told apart */
  constructor({ code, text }: V1Error, detail?: string) {
    super(detail === undefined ? text : `${text}: ${detail}`)
    this.code = code
  }
}

/** Errors of Cortex 2 as the older one tells them. */
const OF_CORTEX_2: Readonly<Record<number, V1Error>> = {
  [-32004]: V1_ERRORS.headset,
  [-32005]: V1_ERRORS.inUse,
  [-32007]: V1_ERRORS.session,
  [-32012]: V1_ERRORS.inactive,
  [-32016]: V1_ERRORS.stream,
  [-32046]: V1_ERRORS.profile
}

/** The error that a call ended with. */
export function toV1Error(refusal: Refusal | V1Refusal): V1Error {
  const known = refusal instanceof Refusal ? OF_CORTEX_2[refusal.code] : undefined
  return known ?? { code: refusal.code, text: refusal.message }
}
