/**
 * The Python exception that pyacq raises where we throw an error of ours, by `code`. A Python caller catches what it
 * always caught; our own name and code stand in the text.
 */
const PYTHON_NAMES: Readonly<Record<string, string>> = {
  UNKNOWN_NODE_TYPE: 'KeyError',
  NOT_FOUND: 'KeyError',
  NAME_TAKEN: 'KeyError',
  NODE_STATE: 'AssertionError',
  NODE_CONFIG: 'ValueError',
  NODE_TYPE: 'AssertionError',
  NODE_RUNNING: 'RuntimeError',
  STREAM_SPEC: 'ValueError',
  STREAM_CHUNK: 'ValueError',
  STREAM_OVERRUN: 'IndexError',
  HOST: 'TimeoutError',
  RECORD: 'RuntimeError'
}

/** Python's name and text of an error that one of our members threw; undefined to leave it to the plain rules. */
export function describePyacqError(error: unknown): { type: string; message: string } | undefined {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const type = code === undefined ? undefined : PYTHON_NAMES[code]
  return type === undefined ? undefined : { type, message: `${error.message} [${error.name}, ${code}]` }
}
