import type { ExportEvent, ExportStream } from '../Exporter.ts'
import type { BrainVisionEncoding } from './BrainVisionEncoder.ts'

export interface Marker {
  readonly type: string
  readonly description: string
  /** From 0. */
  readonly row: number
  readonly points: number
  /** Local time, `2024-03-02T10:20:30.125000`. */
  readonly date?: string | undefined
}

/** The header file, which stays as it is from the first sample to the last. */
export function headerText(
  stream: ExportStream,
  encoding: BrainVisionEncoding,
  { base, comments }: { base: string; comments: readonly string[] }
): string {
  const channels = stream.channelInfo.map(({ name, unit = '', gain = 1 }, k) => {
    const shown = unit.replace(/^[uμ](?=V|g)/, 'µ')
    const resolution = encoding.isPhysical ? 1 : gain
    return `Ch${k + 1}=${field(name)},,${resolution},${field(shown)}`
  })
  return [
    'Brain Vision Data Exchange Header File Version 1.0',
    '; written by nodeacq',
    '',
    '[Common Infos]',
    'Codepage=UTF-8',
    `DataFile=${base}.eeg`,
    `MarkerFile=${base}.vmrk`,
    'DataFormat=BINARY',
    'DataOrientation=MULTIPLEXED',
    `NumberOfChannels=${stream.channelCount}`,
    `SamplingInterval=${1e6 / stream.sampleRate}`,
    '',
    '[Binary Infos]',
    `BinaryFormat=${encoding.format}`,
    '',
    '[Channel Infos]',
    ...channels,
    '',
    '[Comment]',
    ...comments,
    ''
  ].join('\r\n')
}

/** The marker file before its first marker. */
export function markerHead(base: string): string {
  return [
    'Brain Vision Data Exchange Marker File Version 1.0',
    '',
    '[Common Infos]',
    'Codepage=UTF-8',
    `DataFile=${base}.eeg`,
    '',
    '[Marker Infos]',
    ''
  ].join('\r\n')
}

/** @param number from 1 */
export function markerLine(number: number, { type, description, row, points, date }: Marker): string {
  const time = date === undefined ? '' : `,${date.replaceAll(/\D/g, '')}`
  return `Mk${number}=${field(type)},${field(description)},${row + 1},${points},0${time}\r\n`
}

/** Type and description of a label: `Stimulus/S  7` as it is, any other is a comment. */
export function markerOf({ label, value }: ExportEvent): { type: string; description: string } {
  const slash = label.indexOf('/')
  if (slash > 0) return { type: label.slice(0, slash), description: label.slice(slash + 1) }
  return { type: 'Comment', description: label === '' ? `S${String(value).padStart(3)}` : label }
}

/** A comma divides fields, and a line is a marker. */
function field(text: string): string {
  return text.replaceAll(',', '\\1').replaceAll(/[\r\n]+/g, ' ')
}
