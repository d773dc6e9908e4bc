/**
 * Time-stamped annotation lists of EDF+ and BDF+, one after the other in the bytes of an annotation signal:
 *
 *   +onset [0x15 duration] 0x14 text 0x14 [text 0x14 …] 0x00        rest of the record 0x00
 *
 * Onset and duration are decimal seconds; texts are UTF-8. The first list of each record is its time keeper: an onset and
 * an empty text.
 */
export interface Tal {
  /** Seconds after the start time in the header. */
  readonly onset: number
  /** Seconds; undefined when the list has none. */
  readonly duration: number | undefined
  readonly texts: readonly string[]
}

const ONSET = /^[+-]\d+(\.\d*)?$/
const DURATION = /^\d+(\.\d*)?$/

/** Parses the annotation bytes of one record; what is no list is counted in `malformed` and passed over. */
export function parseTals(bytes: Uint8Array): { tals: Tal[]; malformed: number } {
  const tals: Tal[] = []
  let malformed = 0
  for (let start = 0; start < bytes.length;) {
    let end = bytes.indexOf(0, start)
    if (end === -1) end = bytes.length
    if (end > start) {
      const tal = parseTal(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8'))
      if (tal === undefined) malformed++
      else tals.push(tal)
    }
    start = end + 1
  }
  return { tals, malformed }
}

function parseTal(text: string): Tal | undefined {
  const [time, ...texts] = text.split('\x14')
  if (time === undefined || texts.length < 2 || texts.pop() !== '') return undefined
  const [onset, duration, ...more] = time.split('\x15')
  if (onset === undefined || !ONSET.test(onset) || more.length > 0) return undefined
  if (duration !== undefined && !DURATION.test(duration)) return undefined
  return { onset: Number(onset), duration: duration === undefined ? undefined : Number(duration), texts }
}
