import type { ExportTarget } from './Exporter.ts'

/** The path of a stretch of a recording that is split at its gaps: `<name>_seg-001.edf`. */
export function segmentPath(path: string, { extension }: ExportTarget, number: number): string {
  return `${stemOf(path, extension)}_seg-${three(number)}${extension}`
}

/** The path of a further part of a recording: `<name>_part-002.edf`. */
export function partPath(path: string, { extension }: ExportTarget, number: number): string {
  return number === 1 ? path : `${stemOf(path, extension)}_part-${three(number)}${extension}`
}

/** The path of a further stream, where a file holds one: `<name>_<stream>.vhdr`. */
export function besidePath(path: string, { extension }: ExportTarget, stream: string): string {
  // oxlint-disable-next-line no-control-regex -- a stream may have any name, a file may not
  return `${stemOf(path, extension)}_${stream.replaceAll(/[/\\:*?"<>|\0-\x1f]/g, '_')}${extension}`
}

/** The path of the file that says what the format cannot. */
export function sidecarPath(path: string, { name, extension }: ExportTarget): string {
  return `${stemOf(path, extension)}.${name}.nodeacq.json`
}

export function stemOf(path: string, extension: string): string {
  return path.slice(0, path.length - extension.length)
}

const three = (number: number): string => String(number).padStart(3, '0')
