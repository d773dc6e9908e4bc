import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { openSampleFile } from '../files/openSampleFile.ts'
import { RecorderError } from '../recorders/RecorderError.ts'
import { replaceFile } from '../recorders/replaceFile.ts'
import type { ConversionOptions, ConversionReport, ConversionTarget } from './Conversion.ts'
import { exportRecording } from './exportRecording.ts'
import { exportTargets } from './exportTargets.ts'
import { writeEdf } from './edf/writeEdf.ts'

/** Every format that recordings are converted to, by its name. */
export const conversionTargets: Readonly<Record<string, ConversionTarget>> = {
  edf: {
    description: 'EDF+: 16 bits; read by nearly everything',
    extension: '.edf',
    filesOf: (path) => [path],
    write: (source, path, options) => writeEdf(source, path, { ...options, kind: 'EDF' })
  },
  bdf: {
    description: 'BDF+: as EDF+ with 24 bits',
    extension: '.bdf',
    filesOf: (path) => [path],
    write: (source, path, options) => writeEdf(source, path, { ...options, kind: 'BDF' })
  },
  ...Object.fromEntries(
    Object.values(exportTargets).map((target): [string, ConversionTarget] => [
      target.name,
      {
        description: target.description,
        extension: target.extension,
        filesOf: (path) => target.filesOf?.(path) ?? [path],
        write: (source, path, options) => exportRecording(source, path, { ...options, target })
      }
    ])
  )
}

/**
 * Writes a recording in another format, and beside it `<name>.nodeacq.json`, which says what the format could not.
 * @throws {RecordingFileError} what cannot be read. @throws {RecorderError} what cannot be written, or is there already
 */
export async function convertRecording(
  source: string,
  path: string,
  { to, ...options }: ConversionOptions & { readonly to: string }
): Promise<ConversionReport> {
  const target = conversionTargets[to]
  if (target === undefined) {
    throw new RecorderError(path, `expected one of ${Object.keys(conversionTargets).join(', ')}, got '${to}'`)
  }
  if (!path.endsWith(target.extension))
    throw new RecorderError(path, `expected a name that ends in ${target.extension}`)
  const sidecar = `${path.slice(0, path.length - target.extension.length)}.${to}.nodeacq.json`
  const files = [...target.filesOf(path), sidecar]
  const taken = files.find((file) => existsSync(file))
  if (taken !== undefined && options.force !== true) {
    throw new RecorderError(taken, 'it exists already; nothing is replaced unless that is asked for (--force)')
  }
  await using file = await openSampleFile(source)
  for (const each of files) await rm(each, { force: true, recursive: true })
  const unknown = options.streams?.find((name) => !file.streams.some((stream) => stream.name === name))
  if (unknown !== undefined) {
    const names = file.streams.map(({ name }) => name).join(', ')
    throw new RecorderError(source, `there is no stream '${unknown}'; expected one of ${names}`)
  }
  try {
    const report = await target.write(file, path, options)
    await replaceFile(sidecar, `${JSON.stringify(sidecarOf(file, report), undefined, 2)}\n`)
    return { ...report, files: [...report.files, sidecar] }
  } catch (error) {
    // Half a file would pass for a whole one.
    for (const each of files) await rm(each, { force: true, recursive: true })
    throw error
  }
}

function sidecarOf(file: Awaited<ReturnType<typeof openSampleFile>>, report: ConversionReport): object {
  const streams = file.streams.map(
    ({ name, dtype, sampleShape, sampleRate, channelInfo, sampleCount, startIndex, gaps }) => {
      const lost = gaps.map(({ from, to, row, cause }) => ({ from, to, row, cause }))
      return [
        name,
        {
          dtype: dtype.toWire(),
          sampleShape,
          sampleRate,
          channelInfo,
          received: sampleCount,
          first: startIndex,
          gaps: lost
        }
      ]
    }
  )
  return { version: 1, started: file.startTime, streams: Object.fromEntries(streams) as object, conversion: report }
}
