import { readFile, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { parseDType } from '@nodeacq/ndarray'
import { RecordingFileError } from '../../errors.ts'
import { parseBrainVisionHeader } from '../../files/brainvision/header.ts'
import { decodeText } from '../../files/brainvision/ini.ts'
import { OpenFile } from '../../files/OpenFile.ts'
import { copyBytes } from '../copyBytes.ts'
import type { FileRepair } from '../FileRepair.ts'
import { OutputFile } from '../../files/output/OutputFile.ts'
import { markerHead } from './texts.ts'

/**
 * Makes a whole BrainVision triple of one whose recorder was killed: whole points, and markers up to the last end of a line.
 * The source is left as it is.
 * @param source its `.vhdr` @param target a `.vhdr`; none of the triple may exist
 * @throws {RecordingFileError} a header that cannot be read. @throws {RecorderError} a target that cannot be written
 */
export async function repairBrainVision(
  source: string,
  target: string,
  progress?: (bytes: number) => void
): Promise<FileRepair> {
  const text = await readFile(source).catch((cause: unknown) => {
    const got = cause instanceof Error ? cause.message : String(cause)
    throw new RecordingFileError(source, { where: 'file', expected: 'a readable file', got, cause })
  })
  const header = parseBrainVisionHeader(source, decodeText(text))
  if (header.isVectorized) {
    const [expected, got] = ['MULTIPLEXED (a cut file of the other kind cannot be told apart)', 'VECTORIZED']
    throw new RecordingFileError(source, { where: 'DataOrientation', expected, got })
  }
  const base = basename(target, '.vhdr')
  const [marks, data] = ['.vmrk', '.eeg'].map((extension) => join(dirname(target), `${base}${extension}`)) as [
    string,
    string
  ]
  const beside = (name: string): string => join(dirname(source), basename(name))
  const damage: { file: string; from: number; to: number; reason: string }[] = []
  const made: OutputFile[] = []
  const create = async (path: string): Promise<OutputFile> => {
    const file = await OutputFile.create(path)
    made.push(file)
    return file
  }
  const input = await OpenFile.open(beside(header.dataFile))
  try {
    const point = header.channels.length * parseDType(header.dtype).itemSize
    const kept = Math.floor(input.size / point)
    if (kept * point < input.size) {
      damage.push({ file: input.path, from: kept * point, to: input.size, reason: 'a point that is not whole' })
    }
    await (await create(target)).append(renamed(text, base))
    const markers = header.markerFile === undefined ? undefined : beside(header.markerFile)
    const lines = markers === undefined ? undefined : await readFile(markers).catch(() => undefined)
    const end = (lines?.lastIndexOf(0x0a) ?? -1) + 1
    if (lines !== undefined && end < lines.length) {
      damage.push({ file: markers!, from: end, to: lines.length, reason: 'a line that is not whole' })
    }
    await (
      await create(marks)
    ).append(end === 0 ? Buffer.from(markerHead(base)) : renamed(lines!.subarray(0, end), base))
    const output = await create(data)
    await copyBytes(input, output, { from: 0, to: kept * point, progress })
    for (const file of made) {
      await file.sync()
      await file.close()
    }
    return { files: [target, marks, data], kept, damage }
  } catch (error) {
    for (const file of made) {
      await file.close()
      await rm(file.path, { force: true })
    }
    throw error
  } finally {
    await input.close()
  }
}

/** The text with the names of the new triple; its other bytes stay, whatever they are encoded in. */
function renamed(text: Uint8Array, base: string): Buffer {
  const name = Buffer.from(base).toString('latin1')
  const lines = Buffer.from(text).toString('latin1')
  const changed = lines
    .replace(/^(DataFile\s*=).*?(\r?)$/im, `$1${name}.eeg$2`)
    .replace(/^(MarkerFile\s*=).*?(\r?)$/im, `$1${name}.vmrk$2`)
  return Buffer.from(changed, 'latin1')
}
