/**
 * Head of an EDF, EDF+, BDF or BDF+ file. Printable ASCII, left-justified, padded with spaces.
 *
 *   version 8 | patient 80 | recording 80 | dd.mm.yy 8 | hh.mm.ss 8 | header bytes 8 | reserved 44
 *   records 8 (-1: still recording) | seconds per record 8 | signals 4
 *   then for all signals, field by field:
 *   label 16 | transducer 80 | unit 8 | physical min 8 | physical max 8 | digital min 8 | digital max 8
 *   prefilter 80 | samples per record 8 | reserved 32
 */
import { RecordingFileError } from '../../errors.ts'
import type { OpenFile } from '../OpenFile.ts'

/** Bytes of the fixed head, and of each signal after it. */
const HEAD_BYTES = 256

const SIGNAL_FIELDS = [
  ['label', 16],
  ['transducer', 80],
  ['unit', 8],
  ['physical minimum', 8],
  ['physical maximum', 8],
  ['digital minimum', 8],
  ['digital maximum', 8],
  ['prefilter', 80],
  ['samples per record', 8],
  ['reserved', 32]
] as const

type SignalField = (typeof SIGNAL_FIELDS)[number][0]

export interface EdfSignal {
  readonly label: string
  readonly transducer: string
  readonly unit: string
  readonly physicalMin: number
  readonly physicalMax: number
  readonly digitalMin: number
  readonly digitalMax: number
  readonly prefilter: string
  readonly samplesPerRecord: number
  /** Where the signal begins in each record. */
  readonly byteOffset: number
  /** Holds time-stamped annotation lists instead of samples. */
  readonly isAnnotations: boolean
  /** physical = gain × digital + offset */
  readonly gain: number
  readonly offset: number
}

export interface EdfHeader {
  readonly kind: 'EDF' | 'BDF'
  /** `plain`: without the + of EDF+; `discontinuous`: each record says its own time. */
  readonly continuity: 'plain' | 'continuous' | 'discontinuous'
  readonly patient: string
  readonly recording: string
  /** Whole seconds, local time: `2024-03-02T10:20:30`; undefined when the fields hold no date. */
  readonly startTime: string | undefined
  readonly headerBytes: number
  readonly bytesPerSample: 2 | 3
  readonly recordBytes: number
  /** Whole records in the file, whatever the header says. */
  readonly recordCount: number
  /** Seconds; 0 only when there are no signals but annotations. */
  readonly recordDuration: number
  readonly signals: readonly EdfSignal[]
  readonly warnings: string[]
}

/** Reads and checks the head of a file. */
export async function readEdfHeader(file: OpenFile): Promise<EdfHeader> {
  const fail = (where: string, expected: string, got: string) =>
    new RecordingFileError(file.path, { where, expected, got })
  if (file.size < HEAD_BYTES) throw fail('header', `at least ${HEAD_BYTES} bytes`, `a file of ${file.size}`)
  const warnings: string[] = []
  const head = new Fields(file.path, await file.read(0, HEAD_BYTES), warnings)

  const kind = kindOf(head.bytes)
  if (kind === undefined) {
    throw fail('version, bytes 0–8', "'0       ' (EDF) or 0xff 'BIOSEMI' (BDF)", JSON.stringify(head.text(0, 8)))
  }
  const signalCount = head.integer('number of signals', 252, 4)
  if (signalCount < 1) throw fail("'number of signals', bytes 252–256", 'at least 1', `${signalCount}`)
  const headerBytes = head.integer('bytes in header', 184, 8)
  if (headerBytes !== HEAD_BYTES * (signalCount + 1)) {
    const expected = `${HEAD_BYTES * (signalCount + 1)} (256 × (signals + 1), signals = ${signalCount})`
    throw fail("'bytes in header', bytes 184–192", expected, `${headerBytes}`)
  }
  if (headerBytes > file.size) throw fail('header', `${headerBytes} bytes`, `a file of ${file.size}`)

  const bytesPerSample = kind === 'EDF' ? 2 : 3
  const signalBytes = await file.read(HEAD_BYTES, headerBytes - HEAD_BYTES)
  const signals = readSignals(
    new Fields(file.path, signalBytes, warnings, HEAD_BYTES),
    signalCount,
    bytesPerSample,
    kind
  )
  const recordBytes = signals.reduce((sum, signal) => sum + signal.samplesPerRecord * bytesPerSample, 0)
  if (recordBytes === 0) throw fail("'samples per record'", 'a signal with at least 1', '0 in all signals')

  const recordDuration = head.number('seconds per record', 244, 8)
  const hasSamples = signals.some((signal) => !signal.isAnnotations && signal.samplesPerRecord > 0)
  if (!(recordDuration > 0) && (hasSamples || recordDuration < 0)) {
    throw fail("'seconds per record', bytes 244–252", 'more than 0', `${recordDuration}`)
  }
  const reserved = head.text(192, 44)
  return {
    kind,
    continuity: reserved.startsWith(`${kind}+D`)
      ? 'discontinuous'
      : reserved.startsWith(`${kind}+C`)
        ? 'continuous'
        : 'plain',
    patient: head.text(8, 80),
    recording: head.text(88, 80),
    startTime: startTimeOf(head, warnings),
    headerBytes,
    bytesPerSample,
    recordBytes,
    recordCount: countRecords(head, file.size - headerBytes, recordBytes, warnings),
    recordDuration,
    signals,
    warnings
  }
}

/** EDF or BDF by the first eight bytes. */
export function kindOf(head: Uint8Array): 'EDF' | 'BDF' | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(8, head.byteLength)).toString('latin1')
  return text === '0       ' ? 'EDF' : text === '\xffBIOSEMI' ? 'BDF' : undefined
}

function readSignals(fields: Fields, count: number, bytesPerSample: number, kind: 'EDF' | 'BDF'): EdfSignal[] {
  const starts = new Map<SignalField, { start: number; length: number }>()
  let start = 0
  for (const [name, length] of SIGNAL_FIELDS) {
    starts.set(name, { start, length })
    start += length * count
  }
  let byteOffset = 0
  return Array.from({ length: count }, (_, k): EdfSignal => {
    const at = (name: SignalField) => {
      const { start, length } = starts.get(name)!
      return [start + k * length, length] as const
    }
    const label = fields.text(...at('label'))
    const isAnnotations = label === `${kind} Annotations`
    const subject = (name: SignalField) => `${name} of signal ${k} (${label})`
    const samplesPerRecord = fields.integer(subject('samples per record'), ...at('samples per record'))
    if (samplesPerRecord < 0) {
      const [position] = at('samples per record')
      throw fields.wrong(subject('samples per record'), position, 8, 'at least 0', `${samplesPerRecord}`)
    }
    // Annotation signals are bytes: their limits mean nothing and are often blank.
    const limit = (name: SignalField) => (isAnnotations ? 0 : fields.number(subject(name), ...at(name)))
    const physicalMin = limit('physical minimum')
    const physicalMax = limit('physical maximum')
    const digitalMin = limit('digital minimum')
    const digitalMax = limit('digital maximum')
    const signal: EdfSignal = {
      label,
      transducer: fields.text(...at('transducer')),
      unit: fields.text(...at('unit')),
      physicalMin,
      physicalMax,
      digitalMin,
      digitalMax,
      prefilter: fields.text(...at('prefilter')),
      samplesPerRecord,
      byteOffset,
      isAnnotations,
      ...scalingOf({ physicalMin, physicalMax, digitalMin, digitalMax }, isAnnotations, (problem) =>
        fields.warnings.push(`signal ${k} (${label}): ${problem}; read as gain 1, offset 0`)
      )
    }
    byteOffset += samplesPerRecord * bytesPerSample
    return signal
  })
}

/** Gain and offset as every reader computes them, from the parsed 8-character fields. */
function scalingOf(
  limits: { physicalMin: number; physicalMax: number; digitalMin: number; digitalMax: number },
  isAnnotations: boolean,
  warn: (problem: string) => void
): { gain: number; offset: number } {
  const { physicalMin, physicalMax, digitalMin, digitalMax } = limits
  if (isAnnotations) return { gain: 1, offset: 0 }
  if (digitalMin === digitalMax) {
    warn(`digital minimum and maximum are both ${digitalMin}`)
    return { gain: 1, offset: 0 }
  }
  if (physicalMin === physicalMax) {
    warn(`physical minimum and maximum are both ${physicalMin}`)
    return { gain: 1, offset: 0 }
  }
  const gain = (physicalMax - physicalMin) / (digitalMax - digitalMin)
  return { gain, offset: physicalMin - digitalMin * gain }
}

function countRecords(head: Fields, dataBytes: number, recordBytes: number, warnings: string[]): number {
  const declared = head.integer('number of records', 236, 8)
  const present = Math.floor(dataBytes / recordBytes)
  const rest = dataBytes - present * recordBytes
  if (declared === -1) {
    warnings.push(`the number of records is -1 (the recording was not closed); the file holds ${present}`)
  } else if (declared !== present) {
    warnings.push(`the header says ${declared} records, the file holds ${present} whole ones`)
  }
  if (rest > 0) warnings.push(`the last record is cut after ${rest} of ${recordBytes} bytes and is left out`)
  return present
}

function startTimeOf(head: Fields, warnings: string[]): string | undefined {
  const date = /^(\d\d)[.:/-](\d\d)[.:/-](\d\d)$/.exec(head.text(168, 8))
  const time = /^(\d\d)[.:/-](\d\d)[.:/-](\d\d)$/.exec(head.text(176, 8))
  if (date === null || time === null) {
    warnings.push(`no start time: '${head.text(168, 8)}' '${head.text(176, 8)}' is not dd.mm.yy hh.mm.ss`)
    return undefined
  }
  // Two digits of the year: 85–99 are 1985–1999. EDF+ has all four in the recording field.
  const named = /^Startdate \d\d-[A-Za-z]{3}-(\d{4})\b/.exec(head.text(88, 80))
  const year = named?.[1] ?? `${Number(date[3]) >= 85 ? 19 : 20}${date[3]}`
  return `${year}-${date[2]}-${date[1]}T${time[1]}:${time[2]}:${time[3]}`
}

/** Reads text fields by position and says which one is wrong. */
class Fields {
  readonly path: string
  readonly bytes: Uint8Array
  readonly warnings: string[]
  readonly #base: number

  constructor(path: string, bytes: Uint8Array, warnings: string[], base = 0) {
    this.path = path
    this.bytes = bytes
    this.warnings = warnings
    this.#base = base
  }

  text(start: number, length: number): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, length)
      .toString('latin1')
      .replace(/[\0 ]+$/, '')
      .trimStart()
  }

  number(name: string, start: number, length: number): number {
    const text = this.text(start, length)
    // Some writers follow their locale and print a comma.
    const value = /^[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text.replace(',', '.')) : NaN
    if (!Number.isFinite(value)) throw this.wrong(name, start, length, 'a decimal number', JSON.stringify(text))
    return value
  }

  integer(name: string, start: number, length: number): number {
    const value = this.number(name, start, length)
    if (!Number.isInteger(value)) throw this.wrong(name, start, length, 'a whole number', `${value}`)
    return value
  }

  wrong(name: string, start: number, length: number, expected: string, got: string): RecordingFileError {
    const first = this.#base + start
    return new RecordingFileError(this.path, { where: `'${name}', bytes ${first}–${first + length}`, expected, got })
  }
}
