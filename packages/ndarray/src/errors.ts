/** Base of every error of `@nodeacq/ndarray`; `code` is stable, the message is for people. */
export class NdArrayError extends Error {
  override readonly name: string = 'NdArrayError'
  readonly code: string = 'NDARRAY'
  readonly expected: string
  readonly got: string

  constructor(subject: string, expected: string, got: string) {
    super(`${subject}: expected ${expected}, got ${got}`)
    this.expected = expected
    this.got = got
  }
}

/** The text or list is no dtype, or the dtype does not allow the operation. */
export class DTypeError extends NdArrayError {
  override readonly name = 'DTypeError'
  override readonly code = 'DTYPE'
}

/** Shape, strides, offset or number of axes do not fit the bytes or the operation. */
export class ShapeError extends NdArrayError {
  override readonly name = 'ShapeError'
  override readonly code = 'SHAPE'
}
