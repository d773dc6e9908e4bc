/** A viewer, its page or its server cannot do what it should. */
export class ViewerError extends Error {
  override readonly name = 'ViewerError'
  readonly code: 'VIEWER' | 'ADDRESS' | 'INSECURE_ADDRESS'

  constructor(message: string, { code = 'VIEWER', cause }: { code?: ViewerError['code']; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}
