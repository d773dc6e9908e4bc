/** Whose stream it is; goes into params, status and messages. */
export interface StreamOwner {
  readonly node?: string
  /** Name of the stream in its node. */
  readonly name?: string
}
