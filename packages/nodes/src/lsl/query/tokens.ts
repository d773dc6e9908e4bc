import { LslQueryError } from '../LslError.ts'

export interface Token {
  readonly kind: 'name' | 'number' | 'text' | 'symbol'
  readonly text: string
}

const PATTERN =
  /\s+|(\d+(?:\.\d*)?|\.\d+)|"([^"]*)"|'([^']*)'|(::|\/\/|\.\.|!=|<=|>=|[()[\].@,/|+=<>*$-])|([A-Za-z_\u0080-\uffff][\w.\-\u0080-\uffff]*(?::[A-Za-z_\u0080-\uffff][\w.\-\u0080-\uffff]*)?)/gy

/** Takes a query apart (XPath 1.0, section 3.7). @throws {LslQueryError} */
export function tokensOf(query: string): Token[] {
  const tokens: Token[] = []
  PATTERN.lastIndex = 0
  while (PATTERN.lastIndex < query.length) {
    const at = PATTERN.lastIndex
    const match = PATTERN.exec(query)
    if (match === null) throw new LslQueryError(`query: nothing is known of '${query.slice(at, at + 10)}'`)
    const [, number, double, single, symbol, name] = match
    if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol })
    else if (name !== undefined) tokens.push({ kind: 'name', text: name })
    else if (double !== undefined || single !== undefined) tokens.push({ kind: 'text', text: double ?? single! })
  }
  return tokens
}
