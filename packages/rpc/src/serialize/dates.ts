import { SerializeError } from '../errors.ts'

const DATETIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/

/** A `Date` that keeps the microseconds of a Python datetime: `microseconds` (0–999) are those beyond the ms. */
export class MicrosecondDate extends Date {
  readonly microseconds: number

  constructor(time: number, microseconds: number) {
    super(time)
    this.microseconds = microseconds
  }
}

/** A day without a time (Python's `date`); month and day from 1. */
export class CalendarDate {
  readonly year: number
  readonly month: number
  readonly day: number

  constructor(year: number, month: number, day: number) {
    this.year = year
    this.month = month
    this.day = day
  }

  toString(): string {
    return `${pad(this.year, 4)}-${pad(this.month, 2)}-${pad(this.day, 2)}`
  }

  toJSON(): string {
    return this.toString()
  }
}

/** `YYYY-MM-DDTHH:MM:SS.ffffff`, the UTC time without a zone: pyacq's datetimes carry none. */
export function formatDateTime(date: Date): string {
  const year = date.getUTCFullYear()
  if (!(year >= 1 && year <= 9999)) throw new SerializeError(`a date: expected a year from 1 to 9999, got ${year}`)
  const micros = date instanceof MicrosecondDate ? date.microseconds : 0
  return date.toISOString().slice(0, -1) + pad(micros, 3)
}

/** @throws {SerializeError} */
export function parseDateTime(text: unknown): Date {
  const match = typeof text === 'string' ? DATETIME.exec(text) : null
  if (!match) throw new SerializeError(`a datetime: expected YYYY-MM-DDTHH:MM:SS.ffffff, got ${JSON.stringify(text)}`)
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number
  ]
  const fraction = Number((match[7] ?? '').padEnd(6, '0'))
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second, Math.floor(fraction / 1000))
  const micros = fraction % 1000
  return micros === 0 ? date : new MicrosecondDate(date.getTime(), micros)
}

/** @throws {SerializeError} */
export function parseDate(text: unknown): CalendarDate {
  const match = typeof text === 'string' ? DATE.exec(text) : null
  if (!match) throw new SerializeError(`a date: expected YYYY-MM-DD, got ${JSON.stringify(text)}`)
  return new CalendarDate(Number(match[1]), Number(match[2]), Number(match[3]))
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, '0')
}
