import { RequestError } from '@nodeacq/rpc'
import { parseOptions, pyacqKeys, type ObjectSchema } from './schema.ts'

type Values = Readonly<Record<string, unknown>>

export interface ParamsChange {
  readonly old: Values
  readonly new: Values
}

/**
 * The parameters of a node that may change while it runs. `values` is one frozen object, replaced as a whole by each
 * change, so that a reader never sees half of one.
 */
export class LiveParams {
  readonly #schema: ObjectSchema
  readonly #subject: string
  readonly #check: (values: Values) => void
  readonly #changed: (change: ParamsChange) => void
  #values: Values | undefined

  /** @param on `check` throws when values that suit the schema do not suit the node; `changed` hears of each change */
  constructor(
    schema: ObjectSchema,
    subject: string,
    on: { check: (values: Values) => void; changed: (change: ParamsChange) => void }
  ) {
    this.#schema = schema
    this.#subject = subject
    this.#check = on.check
    this.#changed = on.changed
  }

  get values(): Values {
    this.#values ??= this.#freeze({})
    return this.#values
  }

  /** @throws {ConfigError} with all mistakes; nothing is changed then. */
  patch(patch: object): void {
    const old = this.values
    const values = this.#freeze(merge(old, patch as Values))
    this.#check(values)
    this.#values = values
    this.#changed({ old, new: this.#values })
  }

  #freeze(given: Values): Values {
    const values = parseOptions<Record<string, unknown>>(this.#schema, given, this.#subject)
    // What Python's `node.params['x']` and `node.params['group', 'x'] = v` call; not among the values.
    Object.defineProperties(values, {
      getItem: { value: (key: string | string[]) => this.#get(key) },
      setItem: { value: (key: string | string[], value: unknown) => this.#set(key, value) }
    })
    return Object.freeze(values)
  }

  #get(key: string | string[]): unknown {
    const [first = '', ...rest] = [key].flat()
    const path = [pyacqKeys(this.#schema)[first] ?? first, ...rest]
    return path.reduce<unknown>((group, name) => {
      if (isPlain(group) && Object.keys(group).includes(name)) return group[name]
      throw new RequestError('KeyError', JSON.stringify(key))
    }, this.values)
  }

  #set(key: string | string[], value: unknown): void {
    const path = [key].flat()
    this.patch(path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) as Values)
  }
}

/** Nested groups of parameters are merged, everything else is replaced. */
function merge(old: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = { ...old }
  for (const [key, value] of Object.entries(patch)) {
    const before = old[key]
    result[key] = isPlain(before) && isPlain(value) ? merge(before, value) : value
  }
  return result
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
