import type { XmlElement } from '../../xml.ts'
import { LslQueryError } from '../LslError.ts'
import { queryNodesOf, type QueryNode } from './nodes.ts'
import { parseQuery } from './parseQuery.ts'
import { toBoolean } from './values.ts'

/** Characters of a query that is read at all. */
const MAX_LENGTH = 8192
/** Nodes that the answer to one query may take. */
const MAX_VISITS = 50_000
/** Answers that are kept. */
const MAX_CACHED = 100

/** Answers which queries a stream matches. What a query asks for does not change while a stream lives, so answers are kept. */
export class StreamQuery {
  readonly #info: QueryNode
  readonly #answers = new Map<string, boolean>()

  /** @param info the header, `<info>`, with everything under `desc` */
  constructor(info: XmlElement) {
    this.#info = queryNodesOf(info).children[0]!
  }

  /** Whether the stream matches an XPath 1.0 expression; an empty one matches all. @throws {LslQueryError} */
  matches(query: string): boolean {
    const text = query.trim()
    const known = this.#answers.get(text)
    if (known !== undefined) return known
    const answer = text === '' || this.#evaluate(text)
    if (this.#answers.size >= MAX_CACHED) this.#answers.clear()
    this.#answers.set(text, answer)
    return answer
  }

  #evaluate(query: string): boolean {
    if (query.length > MAX_LENGTH) throw new LslQueryError(`query: it is longer than ${MAX_LENGTH} characters`)
    let visits = 0
    const visit = (count: number): void => {
      visits += count + 1
      if (visits > MAX_VISITS) throw new LslQueryError('query: it takes too long to answer')
    }
    return toBoolean(parseQuery(query)({ node: this.#info, position: 1, size: 1, visit }))
  }
}
