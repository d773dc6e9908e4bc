import { ConfigError } from '@nodeacq/core'
import { ArgumentError } from '../errors.ts'

/** Does work whose options came from the command line: what it refuses to begin with is a mistake in the arguments. */
export async function asArgument<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ConfigError) throw new ArgumentError(error.message, { cause: error })
    throw error
  }
}
