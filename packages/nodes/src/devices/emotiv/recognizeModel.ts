import { EMOTIV_MODELS, EmotivCipher, REPORT_SIZE, type EmotivModel } from './EmotivCipher.ts'
import { counterOf, formatOf, isMotion } from './emotivReports.ts'

/** Reports that are looked at. */
export const REPORTS_TO_RECOGNIZE = 20
/** Part of the counters that have to step by one. Reports that are decrypted with a wrong key are noise. */
const ENOUGH = 0.6

/**
 * The model whose key makes the first byte of the reports a counter; undefined when none does. Two of the EPOC's keys are told
 * to be for the same headsets by different sources: only trying tells.
 * @param bytes reports one after the other; the first may begin anywhere
 */
export function recognizeModel(bytes: Uint8Array, serial: string): EmotivModel | undefined {
  let best: { readonly model: EmotivModel; readonly part: number } | undefined
  for (const model of EMOTIV_MODELS) {
    const cipher = new EmotivCipher(model, serial)
    for (let from = 0; from < REPORT_SIZE; from++) {
      const part = partThatSteps(bytes.subarray(from), cipher)
      if (part >= ENOUGH && part > (best?.part ?? 0)) best = { model, part }
    }
  }
  return best?.model
}

function partThatSteps(bytes: Uint8Array, cipher: EmotivCipher): number {
  const format = formatOf(cipher.model)
  let last: number | undefined
  let steps = 0
  let pairs = 0
  for (let at = 0; at + REPORT_SIZE <= bytes.length; at += REPORT_SIZE) {
    const report = cipher.decrypt(bytes.subarray(at, at + REPORT_SIZE))
    if (isMotion(report, format)) continue
    const counter = counterOf(report, format)
    if (last !== undefined) {
      pairs += 1
      if (last >= 0 && (last + 1) % format.counter === counter) steps += 1
    }
    last = counter
  }
  return pairs === 0 ? 0 : steps / pairs
}
