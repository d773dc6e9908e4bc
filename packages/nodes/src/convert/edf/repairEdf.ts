import { rm } from 'node:fs/promises'
import { readEdfHeader } from '../../files/edf/header.ts'
import { OpenFile } from '../../files/OpenFile.ts'
import { copyBytes } from '../copyBytes.ts'
import type { FileRepair } from '../FileRepair.ts'
import { OutputFile } from '../../files/output/OutputFile.ts'
import { RECORDS_AT } from './edfHeader.ts'

/**
 * Makes a whole EDF or BDF file of one whose recorder was killed: its whole records, and their number in the head. The source
 * is left as it is.
 * @param target must not exist
 * @throws {RecordingFileError} a head that cannot be read. @throws {RecorderError} a target that cannot be written
 */
export async function repairEdf(
  source: string,
  target: string,
  progress?: (bytes: number) => void
): Promise<FileRepair> {
  const input = await OpenFile.open(source)
  try {
    const { headerBytes, recordBytes } = await readEdfHeader(input)
    const kept = Math.floor((input.size - headerBytes) / recordBytes)
    const end = headerBytes + kept * recordBytes
    const output = await OutputFile.create(target)
    try {
      const head = await input.read(0, headerBytes)
      head.set(Buffer.from(String(kept).padEnd(8)), RECORDS_AT)
      await output.append(head)
      await copyBytes(input, output, { from: headerBytes, to: end, progress })
      await output.sync()
      await output.close()
    } catch (error) {
      await output.close()
      await rm(target, { force: true })
      throw error
    }
    const torn = { file: source, from: end, to: input.size, reason: 'a record that is not whole' }
    return { files: [target], kept, damage: end < input.size ? [torn] : [] }
  } finally {
    await input.close()
  }
}
