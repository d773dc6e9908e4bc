import { LslQueryError } from '../LslError.ts'
import { AXES, type Axis } from './axes.ts'
import { QUERY_FUNCTIONS, type QueryContext } from './functions.ts'
import type { QueryNode } from './nodes.ts'
import { tokensOf, type Token } from './tokens.ts'
import { compare, isNodes, toBoolean, toNumber, type Comparison, type QueryValue } from './values.ts'

/** A part of a query, ready to be evaluated. */
export type Expression = (context: QueryContext) => QueryValue
type NodeTest = (node: QueryNode) => boolean
/** From nodes to the nodes of the next step. */
type Step = (nodes: readonly QueryNode[], context: QueryContext) => readonly QueryNode[]

/** Brackets within each other. */
const MAX_DEPTH = 32
const NODE_TYPES = new Set(['node', 'text', 'comment', 'processing-instruction'])
/** Binary operators, the weakest first. */
const LEVELS = [['or'], ['and'], ['=', '!='], ['<', '<=', '>', '>='], ['+', '-'], ['*', 'div', 'mod']] as const

/** Reads an XPath 1.0 expression without variables. @throws {LslQueryError} */
export function parseQuery(query: string): Expression {
  return new QueryParser(tokensOf(query)).parse()
}

class QueryParser {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  parse(): Expression {
    const expression = this.#binary(0)
    if (this.#at < this.#tokens.length) throw this.#unexpected()
    return expression
  }

  #binary(level: number): Expression {
    const operators: readonly string[] | undefined = LEVELS[level]
    if (operators === undefined) return this.#unary()
    let left = this.#binary(level + 1)
    for (let operator = this.#operator(operators); operator !== undefined; operator = this.#operator(operators)) {
      left = combine(left, operator, this.#binary(level + 1))
    }
    return left
  }

  /** Takes one of these operators. Here, behind an operand, `and` and `*` are operators and no names. */
  #operator(operators: readonly string[]): string | undefined {
    const token = this.#tokens[this.#at]
    if (token === undefined || token.kind === 'text' || token.kind === 'number' || !operators.includes(token.text))
      return undefined
    this.#at++
    return token.text
  }

  #unary(): Expression {
    if (!this.#take('-')) return this.#union()
    return this.#nested(() => {
      const operand = this.#unary()
      return (context) => -toNumber(operand(context))
    })
  }

  #union(): Expression {
    let left = this.#path()
    while (this.#take('|')) {
      const [one, other] = [left, this.#path()]
      left = (context) => inOrder([...nodesOf(one(context)), ...nodesOf(other(context))])
    }
    return left
  }

  #path(): Expression {
    if (this.#take('/')) {
      const steps = this.#startsStep() ? this.#steps() : []
      return (context) => walk([rootOf(context.node)], steps, context)
    }
    if (this.#take('//')) {
      const steps = [DESCEND, ...this.#steps()]
      return (context) => walk([rootOf(context.node)], steps, context)
    }
    if (this.#startsStep()) {
      const steps = this.#steps()
      return (context) => walk([context.node], steps, context)
    }
    return this.#filtered()
  }

  /** A value, perhaps with predicates and a path behind it. */
  #filtered(): Expression {
    const primary = this.#primary()
    const predicates = this.#predicates()
    const steps = this.#take('//') ? [DESCEND, ...this.#steps()] : this.#take('/') ? this.#steps() : []
    if (predicates.length === 0 && steps.length === 0) return primary
    return (context) => walk(filter(nodesOf(primary(context)), predicates, context), steps, context)
  }

  #primary(): Expression {
    const token = this.#tokens[this.#at]
    if (token?.kind === 'text' || token?.kind === 'number') {
      this.#at++
      const value = token.kind === 'number' ? Number(token.text) : token.text
      return () => value
    }
    if (this.#take('(')) {
      const inner = this.#nested(() => this.#binary(0))
      this.#expect(')')
      return inner
    }
    if (token?.kind === 'name' && this.#peek(1) === '(') return this.#call()
    throw this.#unexpected()
  }

  #call(): Expression {
    const name = this.#tokens[this.#at]!.text
    this.#at += 2
    const values: Expression[] = []
    if (!this.#take(')')) {
      do values.push(this.#nested(() => this.#binary(0)))
      while (this.#take(','))
      this.#expect(')')
    }
    const found = QUERY_FUNCTIONS.get(name)
    if (found === undefined || values.length < found.least || values.length > found.most)
      throw new LslQueryError(`query: there is no ${name}() with ${values.length} arguments`)
    return (context) => found.call(context, ...values.map((value) => value(context)))
  }

  #steps(): Step[] {
    const steps = [this.#step()]
    for (;;) {
      if (this.#take('//')) steps.push(DESCEND, this.#step())
      else if (this.#take('/')) steps.push(this.#step())
      else return steps
    }
  }

  #startsStep(): boolean {
    const token = this.#tokens[this.#at]
    if (token?.kind === 'symbol') return ['.', '..', '@', '*'].includes(token.text)
    return token?.kind === 'name' && (this.#peek(1) !== '(' || NODE_TYPES.has(token.text))
  }

  #step(): Step {
    if (this.#take('.')) return (nodes) => nodes
    if (this.#take('..')) return stepOf(AXES.get('parent')!, () => true, [])
    const name = this.#take('@') ? 'attribute' : this.#peek(1) === '::' ? this.#axisName() : 'child'
    const axis = AXES.get(name)
    if (axis === undefined) throw new LslQueryError(`query: there is no axis '${name}'`)
    return stepOf(axis, this.#nodeTest(name === 'attribute' ? 'attribute' : 'element'), this.#predicates())
  }

  #axisName(): string {
    this.#at += 2
    return this.#tokens[this.#at - 2]!.text
  }

  #nodeTest(kind: QueryNode['kind']): NodeTest {
    if (this.#take('*')) return (node) => node.kind === kind
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'name') throw this.#unexpected()
    this.#at++
    if (!NODE_TYPES.has(token.text) || !this.#take('(')) return (node) => node.kind === kind && node.name === token.text
    this.#expect(')')
    if (token.text === 'node') return () => true
    return token.text === 'text' ? (node) => node.kind === 'text' : () => false
  }

  #predicates(): Expression[] {
    const predicates: Expression[] = []
    while (this.#take('[')) {
      predicates.push(this.#nested(() => this.#binary(0)))
      this.#expect(']')
    }
    return predicates
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw new LslQueryError(`query: more than ${MAX_DEPTH} brackets within each other`)
    const found = read()
    this.#depth--
    return found
  }

  #peek(ahead: number): string | undefined {
    const token = this.#tokens[this.#at + ahead]
    return token?.kind === 'symbol' ? token.text : undefined
  }

  #take(symbol: string): boolean {
    if (this.#peek(0) !== symbol) return false
    this.#at++
    return true
  }

  #expect(symbol: string): void {
    if (!this.#take(symbol)) throw this.#unexpected(` instead of '${symbol}'`)
  }

  #unexpected(instead = ''): LslQueryError {
    const token = this.#tokens[this.#at]
    return new LslQueryError(`query: it ${token === undefined ? 'ends' : `has '${token.text.slice(0, 40)}'`}${instead}`)
  }
}

/** `//` is short for `/descendant-or-self::node()/`. */
const DESCEND: Step = stepOf(AXES.get('descendant-or-self')!, () => true, [])

function stepOf(axis: Axis, test: NodeTest, predicates: readonly Expression[]): Step {
  return (nodes, context) => {
    const found = nodes.flatMap((node) => {
      const reached = axis(node)
      context.visit(reached.length)
      return filter(reached.filter(test), predicates, context)
    })
    return nodes.length === 1 && found.length < 2 ? found : inOrder(found)
  }
}

function walk(nodes: readonly QueryNode[], steps: readonly Step[], context: QueryContext): readonly QueryNode[] {
  return steps.reduce((reached, step) => step(reached, context), nodes)
}

/** A number as predicate is a position. */
function filter(
  nodes: readonly QueryNode[],
  predicates: readonly Expression[],
  { visit }: QueryContext
): readonly QueryNode[] {
  return predicates.reduce((left, predicate) => {
    visit(left.length)
    return left.filter((node, k) => {
      const value = predicate({ node, position: k + 1, size: left.length, visit })
      return typeof value === 'number' ? value === k + 1 : toBoolean(value)
    })
  }, nodes)
}

function inOrder(nodes: readonly QueryNode[]): readonly QueryNode[] {
  return [...new Set(nodes)].toSorted((a, b) => a.order - b.order)
}

function nodesOf(value: QueryValue): readonly QueryNode[] {
  if (isNodes(value)) return value
  throw new LslQueryError('query: a path or a union needs nodes')
}

function rootOf(node: QueryNode): QueryNode {
  return node.parent === undefined ? node : rootOf(node.parent)
}

function combine(left: Expression, operator: string, right: Expression): Expression {
  switch (operator) {
    case 'or':
      return (context) => toBoolean(left(context)) || toBoolean(right(context))
    case 'and':
      return (context) => toBoolean(left(context)) && toBoolean(right(context))
    case '+':
      return (context) => toNumber(left(context)) + toNumber(right(context))
    case '-':
      return (context) => toNumber(left(context)) - toNumber(right(context))
    case '*':
      return (context) => toNumber(left(context)) * toNumber(right(context))
    case 'div':
      return (context) => toNumber(left(context)) / toNumber(right(context))
    case 'mod':
      return (context) => toNumber(left(context)) % toNumber(right(context))
    default:
      return (context) => compare(left(context), operator as Comparison, right(context))
  }
}
