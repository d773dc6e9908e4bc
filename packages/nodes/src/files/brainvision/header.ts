/**
 * Header file (`.vhdr`) of a BrainVision Core 1.0 triple, INI text: `[Common Infos]`, `[Binary Infos]` and
 * `[Channel Infos]` with `Ch1=name,reference,resolution,unit`. `Brain Vision` (with a space) is the older identification.
 */
import { basename, extname } from 'node:path'
import { RecordingFileError } from '../../errors.ts'
import { parseIni, splitFields, type IniSection } from './ini.ts'

export const HEADER_IDENTIFICATION = /^\uFEFF?Brain ?Vision Data Exchange Header File/
export const MARKER_IDENTIFICATION = /^\uFEFF?Brain ?Vision Data Exchange Marker File/

/** dtype of the stored numbers by `BinaryFormat`; always little-endian in Core. */
const BINARY_FORMATS: Readonly<Record<string, string>> = {
  INT_16: 'int16',
  UINT_16: 'uint16',
  INT_32: 'int32',
  IEEE_FLOAT_32: 'float32',
  IEEE_FLOAT_64: 'float64'
}

export interface BrainVisionChannel {
  readonly name: string
  readonly reference: string
  /** physical = resolution × stored */
  readonly resolution: number
  readonly unit: string
}

export interface BrainVisionHeader {
  /** Names as the header gives them, `$b` resolved. */
  readonly dataFile: string
  readonly markerFile: string | undefined
  readonly isVectorized: boolean
  readonly dtype: string
  readonly isBigEndian: boolean
  /** Points per channel as declared, which matters in VECTORIZED files only. */
  readonly dataPoints: number | undefined
  /** Hz */
  readonly sampleRate: number
  readonly channels: readonly BrainVisionChannel[]
}

/** @throws RecordingFileError naming the key that is missing or wrong */
export function parseBrainVisionHeader(path: string, text: string): BrainVisionHeader {
  const firstLine = text.split(/\r\n|\r|\n/, 1)[0]!
  if (!HEADER_IDENTIFICATION.test(firstLine)) {
    throw new RecordingFileError(path, {
      where: 'line 1',
      expected: "'BrainVision Data Exchange Header File Version 1.0'",
      got: JSON.stringify(firstLine.slice(0, 60))
    })
  }
  const sections = parseIni(text)
  const common = new Keys(path, 'Common Infos', sections.get('common infos'))
  const binary = new Keys(path, 'Binary Infos', sections.get('binary infos'))

  common.oneOf('DataFormat', ['BINARY'])
  if (common.has('DataType')) common.oneOf('DataType', ['TIMEDOMAIN'])
  const orientation = common.oneOf('DataOrientation', ['MULTIPLEXED', 'VECTORIZED'])
  const channelCount = common.number(
    'NumberOfChannels',
    (count) => Number.isInteger(count) && count >= 1,
    'a whole number from 1'
  )
  const interval = common.number('SamplingInterval', (micros) => micros > 0, 'more than 0 µs')
  const format = binary.oneOf('BinaryFormat', Object.keys(BINARY_FORMATS))
  const base = basename(path, extname(path))
  const named = (name: string) => name.replaceAll('$b', base)
  const markerFile = common.text('MarkerFile')
  return {
    dataFile: named(common.required('DataFile')),
    markerFile: markerFile === undefined || markerFile === '' ? undefined : named(markerFile),
    isVectorized: orientation === 'VECTORIZED',
    dtype: BINARY_FORMATS[format]!,
    isBigEndian: binary.text('UseBigEndianOrder')?.toUpperCase() === 'YES',
    dataPoints: common.has('DataPoints') ? common.number('DataPoints', Number.isInteger, 'a whole number') : undefined,
    sampleRate: 1e6 / interval,
    channels: readChannels(path, sections.get('channel infos'), channelCount)
  }
}

function readChannels(path: string, section: IniSection | undefined, count: number): BrainVisionChannel[] {
  const keys = new Keys(path, 'Channel Infos', section)
  const channels: BrainVisionChannel[] = []
  for (let k = 1; k <= count; k++) {
    const [name = '', reference = '', resolution = '', unit = ''] = splitFields(keys.required(`Ch${k}`))
    // Empty fields have the defaults of the specification.
    const value = resolution === '' ? 1 : Number(resolution)
    if (!Number.isFinite(value)) throw keys.wrong(`Ch${k}`, 'a number as resolution', JSON.stringify(resolution))
    channels.push({ name, reference, resolution: value, unit: unit === '' ? 'µV' : unit })
  }
  return channels
}

/** Typed access to the keys of one section. */
class Keys {
  readonly #path: string
  readonly #name: string
  readonly #section: IniSection

  constructor(path: string, name: string, section: IniSection | undefined) {
    this.#path = path
    this.#name = name
    if (section === undefined) {
      throw new RecordingFileError(path, { where: 'header', expected: `a section [${name}]`, got: 'none' })
    }
    this.#section = section
  }

  has(key: string): boolean {
    return this.#section.has(key)
  }

  text(key: string): string | undefined {
    return this.#section.get(key)
  }

  required(key: string): string {
    const value = this.#section.get(key)
    if (value === undefined) throw this.wrong(key, 'a value', 'none')
    return value
  }

  oneOf(key: string, allowed: readonly string[]): string {
    const value = this.required(key).toUpperCase()
    if (!allowed.includes(value)) throw this.wrong(key, allowed.join(', '), JSON.stringify(value))
    return value
  }

  number(key: string, isValid: (value: number) => boolean, expected: string): number {
    const text = this.required(key)
    const value = text === '' ? NaN : Number(text)
    if (!Number.isFinite(value) || !isValid(value)) throw this.wrong(key, expected, JSON.stringify(text))
    return value
  }

  wrong(key: string, expected: string, got: string): RecordingFileError {
    return new RecordingFileError(this.#path, { where: `[${this.#name}] ${key}`, expected, got })
  }
}
