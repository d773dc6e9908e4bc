/** Whose stream it is; goes into params, status and messages. */
export interface StreamOwner {
  readonly node?: string
  /** Name of the stream in its node. */
  readonly name?: string
}

/** For messages: `OutputStream 'signals' of node 'emg'`. */
export function describeStream(kind: string, { node, name }: StreamOwner): string {
  const stream = name === undefined ? kind : `${kind} '${name}'`
  return node === undefined ? stream : `${stream} of node '${node}'`
}
