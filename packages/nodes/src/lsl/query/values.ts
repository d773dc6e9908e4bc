import { stringOfNode, type QueryNode } from './nodes.ts'

/** What an expression of XPath gives; nodes in the order of the document. */
export type QueryValue = boolean | number | string | readonly QueryNode[]

export function isNodes(value: QueryValue): value is readonly QueryNode[] {
  return typeof value === 'object'
}

export function toText(value: QueryValue): string {
  if (isNodes(value)) return value.length === 0 ? '' : stringOfNode(value[0]!)
  return String(value)
}

export function toNumber(value: QueryValue): number {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  const text = toText(value).trim()
  return /^-?(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : NaN
}

export function toBoolean(value: QueryValue): boolean {
  if (isNodes(value)) return value.length > 0
  return typeof value === 'number' ? value !== 0 && !Number.isNaN(value) : Boolean(value)
}

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>='

/** Section 3.4: a comparison with nodes is true when it is for one of them. */
export function compare(left: QueryValue, operator: Comparison, right: QueryValue): boolean {
  if (isNodes(left) && typeof right !== 'boolean')
    return left.some((node) => compare(stringOfNode(node), operator, isNodes(right) ? right : plain(right, operator)))
  if (isNodes(right) && typeof left !== 'boolean')
    return right.some((node) => compare(left, operator, stringOfNode(node)))
  if (operator === '=' || operator === '!=') return isEqual(left, right) === (operator === '=')
  const [a, b] = [numberFor(left), numberFor(right)]
  if (operator === '<') return a < b
  if (operator === '<=') return a <= b
  return operator === '>' ? a > b : a >= b
}

function plain(value: QueryValue, operator: Comparison): QueryValue {
  return operator === '=' || operator === '!=' ? value : toNumber(value)
}

function numberFor(value: QueryValue): number {
  return toNumber(isNodes(value) ? toBoolean(value) : value)
}

function isEqual(left: QueryValue, right: QueryValue): boolean {
  if (typeof left === 'boolean' || typeof right === 'boolean') return toBoolean(left) === toBoolean(right)
  if (typeof left === 'number' || typeof right === 'number') return toNumber(left) === toNumber(right)
  return toText(left) === toText(right)
}
