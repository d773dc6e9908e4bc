/**
 * What time is it there: one datagram each way, to the service port of an outlet and back.
 *
 *   question   LSL:timedata CRLF  <wave id> <t0> CRLF        t0: when it is sent, clock of the asker, s
 *   answer     ␣<wave id> <t0> <t1> <t2>                     t1, t2: when it came and the answer leaves, clock of the outlet
 *
 * Numbers have 16 significant digits, as C's `%.16g`; the wave id is a whole number of 32 bits. Source: liblsl 1.17,
 * `udp_server.cpp`, `time_receiver.cpp`.
 */
import { LslFormatError } from '../LslError.ts'
import { formatGeneral } from '../numbers.ts'

export interface TimeQuestion {
  readonly wave: number
  /** s */
  readonly t0: number
}

export interface TimeAnswer extends TimeQuestion {
  readonly t1: number
  readonly t2: number
}

const METHOD = 'LSL:timedata'
const DIGITS = 16
const LARGEST_WAVE = 2 ** 31 - 1

export function encodeTimeQuestion({ wave, t0 }: TimeQuestion): Buffer {
  return Buffer.from(`${METHOD}\r\n${wave} ${formatGeneral(t0, DIGITS)}\r\n`)
}

export function isTimeQuestion(datagram: Buffer): boolean {
  return datagram.toString('latin1', 0, METHOD.length) === METHOD
}

/** As lenient as an outlet of liblsl: a wave id that is none is 0, and ends at its first character that is no digit. */
export function parseTimeQuestion(datagram: Buffer): TimeQuestion {
  const text = datagram.toString('latin1', METHOD.length).trim()
  const digits = /^[+-]?\d+/.exec(text)?.[0]
  const wave = Number(digits ?? 0)
  const rest = digits === undefined ? text.replace(/^\S+/, '') : text.slice(digits.length)
  const t0 = Number(/^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/.exec(rest)?.[1] ?? 0)
  return { wave: Math.min(LARGEST_WAVE, Math.max(-LARGEST_WAVE - 1, wave)), t0 }
}

export function encodeTimeAnswer({ wave, t0, t1, t2 }: TimeAnswer): Buffer {
  return Buffer.from(` ${wave} ${[t0, t1, t2].map((time) => formatGeneral(time, DIGITS)).join(' ')}`)
}

/** @throws {LslFormatError} */
export function parseTimeAnswer(datagram: Buffer): TimeAnswer {
  const words = datagram.toString('latin1', 0, 1024).trim().split(/\s+/)
  const [wave = NaN, t0 = NaN, t1 = NaN, t2 = NaN] = words.map(Number)
  if (words.length !== 4 || !Number.isInteger(wave) || ![t0, t1, t2].every(Number.isFinite)) {
    throw new LslFormatError(`LSL time: expected a wave id and three times, got '${words.join(' ').slice(0, 60)}'`)
  }
  return { wave, t0, t1, t2 }
}
