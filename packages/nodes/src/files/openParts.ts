import { existsSync } from 'node:fs'
import { openSampleFile } from './openSampleFile.ts'
import type { SampleFile } from './SampleFile.ts'

/**
 * Opens a recording with the files in which it goes on: `session.mcap`, `session_part-002.mcap` … A file that is itself a
 * further part is opened alone.
 * @throws RecordingFileError when one of them cannot be read; none stays open then
 */
export async function openParts(path: string): Promise<SampleFile[]> {
  const files: SampleFile[] = []
  try {
    files.push(await openSampleFile(path))
    for (let part = 2; ; part++) {
      const next = path.replace(/(\.\w+)?\/?$/, `_part-${String(part).padStart(3, '0')}$1`)
      if (!existsSync(next)) return files
      files.push(await openSampleFile(next))
    }
  } catch (error) {
    for (const file of files) await file.close()
    throw error
  }
}
