import { readFile } from 'node:fs/promises'
import { RecordingFileError } from '../errors.ts'

/** The whole text of a small file. @throws RecordingFileError */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause)
    throw new RecordingFileError(path, { where: 'file', expected: 'a readable file', got, cause })
  }
}

/** What a JSON file says. @throws RecordingFileError */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path)
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause)
    throw new RecordingFileError(path, { where: 'content', expected: 'JSON', got, cause })
  }
}
