import { RequestError, RemoteError, RpcError } from './errors.ts'
import { isClass, isPlainObject } from './serialize/kinds.ts'

/** Where an error came up. */
export interface ErrorPlace {
  readonly target: unknown
  readonly member: string | undefined
  readonly action: string
}

/** How a server speaks to peers of another culture: names, arguments, errors, modules. */
export interface Dialect {
  /** The member that a name on the wire means; asked when `target` has no member of exactly that name. */
  memberName(target: object, name: string): string | undefined
  /** The arguments of a call from positional and keyword ones; `member` is '' when `target` itself is called. */
  foldArguments(target: object, member: string, args: unknown[], kwargs: Record<string, unknown>): unknown[]
  /** What a failure is called on the wire, and what it says. */
  describeError(error: unknown, at: ErrorPlace): { type: string; message: string }
  /** A module that exists only on the wire; asked before any file. */
  importModule(name: string): object | undefined
  /** `type_str` of a proxy; informative. */
  typeName(value: object): string
}

const PYTHON_NAMES: Readonly<Record<string, string>> = {
  TypeError: 'TypeError',
  RangeError: 'ValueError',
  SyntaxError: 'ValueError',
  SerializeError: 'ValueError',
  RpcTimeoutError: 'TimeoutError',
  ConnectError: 'ConnectionError',
  DisconnectedError: 'ConnectionError',
  AbortError: 'RuntimeError',
  Error: 'RuntimeError'
}

const PYTHON_TYPES: Readonly<Record<string, string>> = {
  Array: 'list',
  Map: 'dict',
  Set: 'set',
  Uint8Array: 'bytes',
  Buffer: 'bytes',
  Date: 'datetime.datetime',
  CalendarDate: 'datetime.date',
  NdArray: 'numpy.ndarray'
}

/** Python's clocks, which pyacq clients read to compare their own (`measure_clock_diff`). */
const time = {
  '~proxied': true,
  /** Seconds of the monotonic clock. */
  perf_counter: () => Number(process.hrtime.bigint()) / 1e9,
  /** Seconds since 1970. */
  time: () => Date.now() / 1000
}

/** No other names, keyword arguments as a last options object, Python's names for JavaScript's own errors. */
export const plainDialect: Dialect = {
  memberName: () => undefined,

  foldArguments(_target, _member, args, kwargs) {
    return Object.keys(kwargs).length === 0 ? args : [...args, kwargs]
  },

  describeError(error) {
    if (error instanceof RequestError) return { type: error.type, message: error.message }
    if (error instanceof RemoteError) return { type: error.type, message: handedOn(error) }
    if (!(error instanceof Error)) return { type: 'RuntimeError', message: String(error) }
    return { type: PYTHON_NAMES[error.name] ?? error.name, message: withCode(error) }
  },

  importModule(name) {
    return name === 'time' ? time : undefined
  },

  typeName(value) {
    if (typeof value === 'function') return isClass(value) ? "<class 'type'>" : "<class 'function'>"
    if ((value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] === 'Module') return "<class 'module'>"
    if (isPlainObject(value)) return "<class 'dict'>"
    const name = value.constructor.name
    return `<class '${PYTHON_TYPES[name] ?? name}'>`
  }
}

/** The failure of another process that ours asked, without the class name, which stands before it again. */
function handedOn({ type, message, remoteName, remoteCode }: RemoteError): string {
  const text = message.slice(type.length + ': '.length)
  return remoteCode === undefined ? text : `${text} [${remoteName} ${remoteCode}]`
}

/** The message, with name and code in brackets when the error has a code of its own (`RemoteError` reads them back). */
function withCode(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  if (code === undefined || !(error instanceof RpcError || /^[A-Z][A-Z0-9_]*$/.test(code))) return error.message
  return `${error.message} [${error.name} ${code}]`
}
