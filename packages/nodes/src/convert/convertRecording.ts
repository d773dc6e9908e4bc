import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { openSampleFile } from '../files/openSampleFile.ts'
import type { RecordedEvent, SampleFile } from '../files/SampleFile.ts'
import { RecorderError } from '../files/output/RecorderError.ts'
import { replaceFile } from '../files/output/replaceFile.ts'
import type { ConversionOptions, ConversionReport } from './Conversion.ts'
import { sidecarPath } from './exportPaths.ts'
import { checkOptions, exportRecording } from './exportRecording.ts'
import { exportTargets } from './exportTargets.ts'

/**
 * Writes a recording in another format, and beside it `<name>.<format>.nodeacq.json`, which says what the format could not.
 * @throws {RecordingFileError} what cannot be read. @throws {RecorderError} what cannot be written, or is there already
 */
export async function convertRecording(
  source: string,
  path: string,
  { to, ...options }: ConversionOptions & { readonly to: string }
): Promise<ConversionReport> {
  const target = exportTargets[to]
  if (target === undefined) {
    throw new RecorderError(path, `expected one of ${Object.keys(exportTargets).join(', ')}, got '${to}'`)
  }
  if (!path.endsWith(target.extension))
    throw new RecorderError(path, `expected a name that ends in ${target.extension}`)
  const checked = checkOptions(path, target, options.set ?? {})
  const sidecar = target.sidecarOf?.(path, checked) ?? sidecarPath(path, target)
  const files = [...(target.filesOf?.(path, checked) ?? [path]), sidecar]
  const taken = files.find((file) => existsSync(file))
  if (taken !== undefined && options.force !== true) {
    throw new RecorderError(taken, 'it exists already; nothing is replaced unless that is asked for (--force)')
  }
  const replaced = files.find((file) => isWithin(source, file) && existsSync(file))
  if (replaced !== undefined) throw new RecorderError(source, `it would be replaced itself, as a part of ${replaced}`)
  await using file = await openSampleFile(source)
  const unknown = options.streams?.find((name) => !file.streams.some((stream) => stream.name === name))
  if (unknown !== undefined) {
    const names = file.streams.map(({ name }) => name).join(', ')
    throw new RecorderError(source, `there is no stream '${unknown}'; expected one of ${names}`)
  }
  const report = await exportRecording(file, path, { ...options, target })
  const whole = { ...report, files: [...report.files, sidecar] }
  await mkdir(dirname(sidecar), { recursive: true })
  await replaceFile(sidecar, `${JSON.stringify(sidecarOf(file, whole, await file.events()), undefined, 2)}\n`)
  return whole
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(resolve(folder), resolve(path))
  return way === '' || !(way.startsWith('..') || isAbsolute(way))
}

function sidecarOf(file: SampleFile, report: ConversionReport, events: readonly RecordedEvent[]): object {
  const streams = file.streams.map(
    ({ name, dtype, sampleShape, sampleRate, channelInfo, sampleCount, startIndex, offset, gaps }) => [
      name,
      {
        dtype: dtype.toWire(),
        sampleShape,
        sampleRate,
        channelInfo,
        received: sampleCount,
        first: startIndex,
        offset,
        gaps
      }
    ]
  )
  return {
    version: 1,
    started: file.startTime,
    ...(file.startUtc !== undefined && { startedUtc: String(file.startUtc) }),
    streams: Object.fromEntries(streams) as object,
    events,
    conversion: report
  }
}
