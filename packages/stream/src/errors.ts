/** Base of every error of `@nodeacq/stream` that is no wrong position; `code` is stable, the message is for people. */
export class StreamError extends Error {
  override readonly name: string = 'StreamError'
  readonly code: string = 'STREAM'
}

/** A parameter of a stream is wrong, or does not fit the stream at the other end. */
export class SpecError extends StreamError {
  override readonly name = 'SpecError'
  override readonly code = 'SPEC'
  /** Wire name or option name of the parameter. */
  readonly key: string
  readonly expected: string
  readonly got: string

  constructor(wrong: { subject: string; key: string; expected: string; got: string; cause?: unknown }) {
    super(`${wrong.subject}: ${wrong.key}: expected ${wrong.expected}, got ${wrong.got}`, { cause: wrong.cause })
    this.key = wrong.key
    this.expected = wrong.expected
    this.got = wrong.got
  }
}

/** What is wrong with a chunk: its dtype, shape, size, position, or the bytes of its message. */
export type ChunkProblem = 'dtype' | 'shape' | 'size' | 'index' | 'malformed'

/** A chunk does not fit its stream, or its message is no such message. */
export class ChunkError extends StreamError {
  override readonly name = 'ChunkError'
  override readonly code = 'CHUNK'
  readonly problem: ChunkProblem

  constructor(problem: ChunkProblem, message: string, cause?: unknown) {
    super(message, { cause })
    this.problem = problem
  }
}

/** Samples `[from, to)` were overwritten in the shared ring before, or while, they were read. */
export class OverrunError extends StreamError {
  override readonly name = 'OverrunError'
  override readonly code = 'OVERRUN'
  readonly from: number
  readonly to: number
  /** True when the samples were still there as the read began. */
  readonly torn: boolean

  constructor(from: number, to: number, torn: boolean) {
    super(`samples ${from} to ${to} were overwritten ${torn ? 'while they were read' : 'before they were read'}`)
    this.from = from
    this.to = to
    this.torn = torn
  }
}

/** The file of a shared ring cannot be made, or is not what the parameters say. */
export class SharedMemError extends StreamError {
  override readonly name = 'SharedMemError'
  override readonly code = 'SHARED_MEM'
  readonly path: string

  constructor(path: string, message: string, cause?: unknown) {
    super(`shared memory file '${path}': ${message}`, { cause })
    this.path = path
  }
}

/** The stream is not in the state the call needs: not configured, not connected, already running, closed. */
export class StreamStateError extends StreamError {
  override readonly name = 'StreamStateError'
  override readonly code = 'STREAM_STATE'
}

/** A position is outside what a ring holds at the moment. */
export class RingRangeError extends RangeError {
  override readonly name = 'RingRangeError'
  readonly code = 'RING_RANGE'
  /** Oldest sample held. */
  readonly first: number
  /** Newest sample held, plus one. */
  readonly end: number

  constructor(wanted: string, first: number, end: number) {
    super(`${wanted} is outside the ring, which holds [${first}, ${end})`)
    this.first = first
    this.end = end
  }
}

/** Nothing that answers as a stream is at the address, or not in time. */
export class SourceUnreachableError extends StreamError {
  override readonly name = 'SourceUnreachableError'
  override readonly code = 'SOURCE_UNREACHABLE'
  readonly address: string

  constructor(subject: string, address: string, reason: string) {
    super(`${subject}: no stream at ${address}: ${reason}`)
    this.address = address
  }
}

/** Nothing arrived in time. */
export class StreamTimeoutError extends StreamError {
  override readonly name = 'StreamTimeoutError'
  override readonly code = 'STREAM_TIMEOUT'
  /** ms */
  readonly timeout: number

  constructor(subject: string, timeout: number) {
    super(`${subject}: expected a chunk within ${timeout} ms, got none`)
    this.timeout = timeout
  }
}
