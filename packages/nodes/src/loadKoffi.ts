import { MissingPackageError } from '@nodeacq/core'
import type Koffi from 'koffi'

/** What calls libraries of C. @throws {MissingPackageError} where it has not been installed, or has nothing for this machine. */
export async function loadKoffi(neededFor: string): Promise<typeof Koffi> {
  try {
    return (await import('koffi')).default
  } catch (error) {
    throw new MissingPackageError('koffi', neededFor, { cause: error })
  }
}
