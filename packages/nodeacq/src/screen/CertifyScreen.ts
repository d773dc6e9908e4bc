import type { Certificate, CertificateTrial } from '@nodeacq/nodes'
import { formatLogRecord, type LogRecord } from '@nodeacq/rpc'
import type { CertifyStep } from '../certify/certify.ts'
import type { Output } from '../commands/Output.ts'
import { certificateLines, trialLines, trialTitle } from './certificateLines.ts'
import { formatClock, formatBar } from './format.ts'
import { LiveRegion } from './LiveRegion.ts'
import { truncate } from './layoutTable.ts'
import { paintFor, type Paint } from './Paint.ts'
import { recordText } from './recordText.ts'

/** ms between two frames. */
const FRAME = 250

/**
 * What `nodeacq certify` shows: a row for each trial as it ends, on a terminal below them what happens now and how long it
 * may still take, and at the end what was measured. With `json` everything but the JSON goes to standard error.
 */
export class CertifyScreen {
  readonly #output: Output
  readonly #json: boolean
  readonly #isDebug: boolean
  readonly #text: NodeJS.WriteStream
  readonly #live: LiveRegion | undefined
  readonly #paint: Paint
  readonly #timer: NodeJS.Timeout
  readonly #onExit = (): void => this.#live?.close()
  #step: (CertifyStep & { readonly at: number }) | undefined
  #hasTrials = false

  constructor(output: Output, { json, debug }: { json: boolean; debug: boolean }) {
    this.#output = output
    this.#json = json
    this.#isDebug = debug
    this.#text = json ? output.stderr : output.stdout
    this.#live = output.stdout.isTTY && !json ? new LiveRegion(output.stdout) : undefined
    this.#paint = paintFor(this.#text)
    this.#timer = setInterval(() => this.#draw(), FRAME).unref()
    // Whatever ends the process, the terminal gets its cursor back.
    process.on('exit', this.#onExit)
  }

  say(text: string): void {
    if (this.#live === undefined) this.#text.write(`${text}\n`)
    else this.#live.printAbove(text)
  }

  step(step: CertifyStep): void {
    this.#step = { ...step, at: performance.now() }
    this.#draw()
  }

  trial(trial: CertificateTrial): void {
    if (!this.#hasTrials) this.say(this.#paint.dim(trialTitle(this.#width)))
    this.#hasTrials = true
    this.say(trialLines(trial, { width: this.#width, paint: this.#paint }).join('\n'))
  }

  /** A log record of any process. */
  log(record: LogRecord): void {
    const text = this.#isDebug ? formatLogRecord(record) : recordText(record, this.#paint)
    if (this.#live === undefined) this.#output.stderr.write(`${text}\n`)
    else this.#live.printAbove(text)
  }

  end(certificate: Certificate): void {
    this.close()
    if (this.#json) this.#output.stdout.write(`${JSON.stringify(certificate)}\n`)
    const lines = certificateLines(certificate, { width: this.#width, paint: this.#paint })
    this.#text.write(`\n${lines.join('\n')}\n`)
  }

  /** Gives the terminal back. Safe to call twice. */
  close(): void {
    clearInterval(this.#timer)
    this.#live?.close({ erase: true })
    process.off('exit', this.#onExit)
  }

  #draw(): void {
    if (this.#live === undefined || this.#step === undefined) return
    const { text, seconds, secondsLeft, at } = this.#step
    const elapsed = (performance.now() - at) / 1000
    const bar = seconds > 0 ? `  ${formatBar(elapsed / seconds, 20)}` : ''
    const left = Math.max(0, secondsLeft - elapsed)
    this.#live.draw([truncate(`${text}${bar}  at most ${formatClock(left)} left`, this.#live.width)])
  }

  get #width(): number {
    return this.#text.columns ?? 100
  }
}
