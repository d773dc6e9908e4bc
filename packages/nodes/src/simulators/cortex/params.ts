import { isObject } from '../../devices/cortex/messages.ts'
import { Refusal } from './Refusal.ts'

/** Parameters of one call; what is missing or of a wrong kind is refused with -32602. */
export class CallParams {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: unknown) {
    if (values !== undefined && !isObject(values)) throw new Refusal(-32602, 'params: expected an object')
    this.#values = values ?? {}
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined && this.#values[name] !== null
  }

  text(name: string, whenMissing?: string): string {
    return this.#get(name, whenMissing, 'a text', (value) => typeof value === 'string')
  }

  number(name: string, whenMissing?: number): number {
    return this.#get(name, whenMissing, 'a number', Number.isFinite)
  }

  boolean(name: string, whenMissing?: boolean): boolean {
    return this.#get(name, whenMissing, 'true or false', (value) => typeof value === 'boolean')
  }

  object(name: string, whenMissing?: Record<string, unknown>): Record<string, unknown> {
    return this.#get(name, whenMissing, 'an object', isObject)
  }

  /** A list of texts; one text alone is a list too. The first of several names that is there counts. */
  texts(...names: readonly [string, ...string[]]): string[] {
    const name = names.find((candidate) => this.has(candidate)) ?? names[0]
    const value = this.#values[name]
    const list = typeof value === 'string' ? [value] : value
    if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list as string[]
    throw new Refusal(-32602, `${name}: expected a list of texts`)
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.text(name)
    const found = choices.find((choice) => choice === value)
    if (found === undefined) throw new Refusal(-32602, `${name}: expected ${choices.join(', ')}, got ${value}`)
    return found
  }

  raw(name: string): unknown {
    return this.#values[name]
  }

  /** Those of `names` that are there. */
  pick(names: readonly string[]): Record<string, unknown> {
    return Object.fromEntries(names.filter((name) => this.has(name)).map((name) => [name, this.#values[name]]))
  }

  #get<T>(name: string, whenMissing: T | undefined, expected: string, suits: (value: unknown) => boolean): T {
    if (!this.has(name) && whenMissing !== undefined) return whenMissing
    const value = this.#values[name]
    if (!suits(value)) throw new Refusal(-32602, `${name}: expected ${expected}`)
    return value as T
  }
}
