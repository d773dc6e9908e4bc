import type { Mistake } from './graph/mistakes.ts'
import { formatMistakes } from './graph/mistakes.ts'

/** Base of every error of the `nodeacq` package; `code` is stable, the message is for people. */
export class NodeacqError extends Error {
  override readonly name: string = 'NodeacqError'
  readonly code: string = 'NODEACQ'
}

/** A graph file is wrong. `mistakes` holds every one that was found, in the order of the file. */
export class GraphError extends NodeacqError {
  override readonly name = 'GraphError'
  override readonly code = 'GRAPH'
  readonly mistakes: readonly Mistake[]

  constructor(mistakes: readonly Mistake[]) {
    super(formatMistakes(mistakes))
    this.mistakes = mistakes
  }
}

/** An argument of a command is wrong: exit code 2. */
export class ArgumentError extends NodeacqError {
  override readonly name = 'ArgumentError'
  override readonly code = 'ARGUMENT'
}

/** A correct graph could not be built or started: a host does not answer, a device is missing, a disk is too full. */
export class RunError extends NodeacqError {
  override readonly name = 'RunError'
  override readonly code = 'RUN'
  /** Node the failure belongs to, when it belongs to one. */
  readonly node: string | undefined

  constructor(message: string, { node, cause }: { node?: string; cause?: unknown } = {}) {
    super(message, { cause })
    this.node = node
  }
}
