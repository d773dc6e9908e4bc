import { LslQueryError } from '../LslError.ts'
import { stringOfNode, type QueryNode } from './nodes.ts'
import { isNodes, toBoolean, toNumber, toText, type QueryValue } from './values.ts'

/** Where an expression is evaluated. */
export interface QueryContext {
  readonly node: QueryNode
  readonly position: number
  readonly size: number
  /** Counts nodes that are looked at. @throws {LslQueryError} when they are too many */
  readonly visit: (count: number) => void
}

/** The core functions of XPath 1.0 (section 4), less `id` and `lang`: LSL's headers have neither. */
interface QueryFunction {
  readonly least: number
  readonly most: number
  readonly call: (context: QueryContext, ...values: QueryValue[]) => QueryValue
}

const define = (least: number, most: number, call: QueryFunction['call']): QueryFunction => ({ least, most, call })

const nodesOf = (value: QueryValue, of: string): readonly QueryNode[] => {
  if (isNodes(value)) return value
  throw new LslQueryError(`query: ${of}() takes nodes`)
}

const nameOf = define(0, 1, ({ node }, value) => {
  const named = value === undefined ? node : nodesOf(value, 'name')[0]
  return named?.name ?? ''
})

const round = (value: number): number => (Number.isFinite(value) ? Math.floor(value + 0.5) : value)

/** XPath counts characters, whole code points. */
const characters = (text: string): string[] => Array.from(text)

function substring(text: string, from: number, length = Infinity): string {
  const first = round(from)
  const end = first + round(length)
  return characters(text)
    .filter((_, k) => k + 1 >= first && k + 1 < end)
    .join('')
}

function translate(text: string, from: string, to: string): string {
  const [olds, news] = [characters(from), characters(to)]
  return characters(text)
    .map((character) => {
      const place = olds.indexOf(character)
      return place < 0 ? character : (news[place] ?? '')
    })
    .join('')
}

export const QUERY_FUNCTIONS: ReadonlyMap<string, QueryFunction> = new Map(
  Object.entries({
    last: define(0, 0, ({ size }) => size),
    position: define(0, 0, ({ position }) => position),
    count: define(1, 1, (_, nodes) => nodesOf(nodes!, 'count').length),
    name: nameOf,
    'local-name': define(0, 1, (context, value) => toText(nameOf.call(context, value!)).replace(/^.*:/, '')),
    'namespace-uri': define(0, 1, () => ''),
    string: define(0, 1, ({ node }, value) => (value === undefined ? stringOfNode(node) : toText(value))),
    concat: define(2, Infinity, (_, ...values) => values.map(toText).join('')),
    'starts-with': define(2, 2, (_, text, start) => toText(text!).startsWith(toText(start!))),
    contains: define(2, 2, (_, text, part) => toText(text!).includes(toText(part!))),
    'substring-before': define(2, 2, (_, text, mark) => {
      const at = toText(text!).indexOf(toText(mark!))
      return at < 0 ? '' : toText(text!).slice(0, at)
    }),
    'substring-after': define(2, 2, (_, text, mark) => {
      const at = toText(text!).indexOf(toText(mark!))
      return at < 0 ? '' : toText(text!).slice(at + toText(mark!).length)
    }),
    substring: define(2, 3, (_, text, from, length) =>
      substring(toText(text!), toNumber(from!), length === undefined ? undefined : toNumber(length))
    ),
    'string-length': define(0, 1, ({ node }, value) => {
      return characters(value === undefined ? stringOfNode(node) : toText(value)).length
    }),
    'normalize-space': define(0, 1, ({ node }, value) => {
      return (value === undefined ? stringOfNode(node) : toText(value)).trim().replace(/\s+/g, ' ')
    }),
    translate: define(3, 3, (_, text, from, to) => translate(toText(text!), toText(from!), toText(to!))),
    boolean: define(1, 1, (_, value) => toBoolean(value!)),
    not: define(1, 1, (_, value) => !toBoolean(value!)),
    true: define(0, 0, () => true),
    false: define(0, 0, () => false),
    number: define(0, 1, ({ node }, value) => toNumber(value === undefined ? stringOfNode(node) : value)),
    sum: define(1, 1, (_, nodes) =>
      nodesOf(nodes!, 'sum').reduce((sum, node) => sum + toNumber(stringOfNode(node)), 0)
    ),
    floor: define(1, 1, (_, value) => Math.floor(toNumber(value!))),
    ceiling: define(1, 1, (_, value) => Math.ceil(toNumber(value!))),
    round: define(1, 1, (_, value) => round(toNumber(value!)))
  })
)
