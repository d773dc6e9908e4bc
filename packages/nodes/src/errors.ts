import { DeviceError, NodeError } from '@nodeacq/core'

/**
 * A recording cannot be read: the file is malformed, incomplete or of an unknown kind. The message names the file, the
 * place in it (field or byte), what was expected and what is there.
 */
export class RecordingFileError extends DeviceError {
  override readonly name = 'RecordingFileError'
  override readonly code = 'RECORDING_FILE'
  readonly file: string
  /** Field or byte in the file, such as `'number of signals', bytes 252–256`. */
  readonly where: string
  readonly expected: string
  readonly got: string

  constructor(file: string, problem: { where: string; expected: string; got: string; cause?: unknown }) {
    super(`${file}: ${problem.where}: expected ${problem.expected}, got ${problem.got}`, { cause: problem.cause })
    this.file = file
    this.where = problem.where
    this.expected = problem.expected
    this.got = problem.got
  }
}

/** The coefficients of a filter cannot be used. */
export class FilterError extends NodeError {
  override readonly name = 'FilterError'
  override readonly code = 'FILTER'
  readonly expected: string
  readonly got: string

  constructor(subject: string, expected: string, got: string) {
    super(`${subject}: expected ${expected}, got ${got}`)
    this.expected = expected
    this.got = got
  }
}
