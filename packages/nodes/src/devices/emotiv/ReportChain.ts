import type { EmotivCipher } from './EmotivCipher.ts'
import { REPORT_SIZE } from './EmotivCipher.ts'
import { counterOf, formatOf, isMotion, type EmotivFormat } from './emotivReports.ts'

/** Reports in a row that have to fit before the place where reports begin is believed. */
const FITTING = 4
const WINDOW = FITTING * REPORT_SIZE
/** Of two reports that fit to each other, the counter of the second is at most so much further. */
const NEAR = 4

interface Decrypted {
  readonly bytes: Uint8Array
  readonly counter: number
  /** s */
  readonly time: number
}

/**
 * Decrypts reports, and takes only those whose counter fits to a neighbour's: reports have no checksum, and one whose bits
 * are wrong decrypts to noise. So a report after a loss waits for the next one.
 *
 * Reports that come as a stream of bytes may be cut anywhere. Where one does not fit, bytes may be missing or too many:
 * reports go on where the next four fit to each other.
 */
export class ReportChain {
  readonly #cipher: EmotivCipher
  readonly #format: EmotivFormat
  readonly #emit: (report: Uint8Array, time: number) => void
  #last: number | undefined
  #held: Decrypted | undefined
  #bytes = new Uint8Array(0)
  /** Whether the bytes that are kept begin with a report. */
  #isInStep = false
  #badReports = 0

  /** @param emit gets each decrypted report, and the s at which it came */
  constructor(cipher: EmotivCipher, emit: (report: Uint8Array, time: number) => void) {
    this.#cipher = cipher
    this.#format = formatOf(cipher.model)
    this.#emit = emit
  }

  /** Reports that were not taken. */
  get badReports(): number {
    return this.#badReports
  }

  /** One report as a HID device gives it. @param time s on a monotonic clock */
  pushReport(report: Uint8Array, time: number): void {
    if (report.length !== REPORT_SIZE) {
      this.#badReports += 1
      return
    }
    const next = this.#decrypt(report, time)
    if (this.#take(next)) return
    this.#badReports += 1
    this.#held = next
  }

  /** Bytes of reports one after the other. @param time s on a monotonic clock */
  pushBytes(chunk: Uint8Array, time: number): void {
    const bytes = new Uint8Array(this.#bytes.length + chunk.length)
    bytes.set(this.#bytes)
    bytes.set(chunk, this.#bytes.length)
    let at = 0
    while (bytes.length - at >= REPORT_SIZE) {
      if (!this.#isInStep) {
        const place = this.#findStep(bytes, at)
        if (place === undefined) break
        this.#isInStep = place >= 0
        at = this.#isInStep ? place : at + REPORT_SIZE
        // Those behind it have shown that it is one, whatever came before.
        if (this.#isInStep) this.#last = undefined
        else continue
      }
      const next = this.#decrypt(bytes.subarray(at, at + REPORT_SIZE), time)
      if (isMotion(next.bytes, this.#format)) this.#emit(next.bytes, time)
      else if (this.#last === undefined || this.#follows(this.#last, next, 1)) this.#pass(next)
      else {
        this.#isInStep = false
        continue
      }
      at += REPORT_SIZE
    }
    this.#bytes = bytes.slice(at)
  }

  /** The headset counts anew, or was connected again. */
  beginAnew(): void {
    this.finish()
    this.#bytes = new Uint8Array(0)
    this.#isInStep = false
    this.#last = undefined
  }

  /** No more reports come: one that waits for a neighbour is not taken. */
  finish(): void {
    if (this.#held !== undefined) this.#badReports += 1
    this.#held = undefined
  }

  /** False when neither this report nor the one that is held fits to anything; what is held is given up then. */
  #take(next: Decrypted): boolean {
    if (isMotion(next.bytes, this.#format)) {
      this.#emit(next.bytes, next.time)
      return true
    }
    const held = this.#held
    if (held === undefined) {
      if (this.#follows(this.#last, next, 1)) this.#pass(next)
      else this.#held = next
      return true
    }
    if (this.#follows(held.counter, next, NEAR)) {
      this.#pass(held)
      this.#pass(next)
      return true
    }
    if (this.#follows(this.#last, next, 2)) {
      this.#badReports += 1
      this.#pass(next)
      return true
    }
    return false
  }

  /** Whether a report has a counter that is at most `within` further. */
  #follows(before: number | undefined, { counter }: Decrypted, within: number): boolean {
    if (before === undefined || before < 0 || counter < 0) return false
    const step = (counter - before + this.#format.counter) % this.#format.counter
    return step >= 1 && step <= within
  }

  #pass({ bytes, counter, time }: Decrypted): void {
    this.#held = undefined
    this.#last = counter
    this.#emit(bytes, time)
  }

  #decrypt(report: Uint8Array, time: number): Decrypted {
    const bytes = this.#cipher.decrypt(report)
    return { bytes, counter: counterOf(bytes, this.#format), time }
  }

  /** Where reports begin, from `at` on; -1 when not within the next 32 bytes, undefined when more bytes are needed. */
  #findStep(bytes: Uint8Array, at: number): number | undefined {
    if (bytes.length - at < WINDOW + REPORT_SIZE) return undefined
    for (let place = at; place < at + REPORT_SIZE; place++) {
      if (fitsAt(bytes.subarray(place, place + WINDOW), this.#cipher) === FITTING) return place
    }
    this.#badReports += 1
    return -1
  }
}

/** How many of the reports in `bytes`, from the first on, have counters that step by one. */
function fitsAt(bytes: Uint8Array, cipher: EmotivCipher): number {
  const format = formatOf(cipher.model)
  let fits = 0
  let last: number | undefined
  for (let at = 0; at + REPORT_SIZE <= bytes.length; at += REPORT_SIZE) {
    const report = cipher.decrypt(bytes.subarray(at, at + REPORT_SIZE))
    if (isMotion(report, format)) {
      fits += 1
      continue
    }
    const counter = counterOf(report, format)
    if (counter < 0 || (last !== undefined && (last + 1) % format.counter !== counter)) return fits
    last = counter
    fits += 1
  }
  return fits
}
