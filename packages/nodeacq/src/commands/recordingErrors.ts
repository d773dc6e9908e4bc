import { stat } from 'node:fs/promises'
import { RecorderError, RecordingFileError } from '@nodeacq/nodes'
import { NodeacqError } from '../errors.ts'

/** Bytes of a file; 0 where there is none. */
export async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0
}

/** What is wrong with a recording is no bug of ours: one line says it. */
export async function asRecordingError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RecordingFileError || error instanceof RecorderError) {
      throw new NodeacqError(error.message, { cause: error })
    }
    throw error
  }
}
