import { parseOptions, type ObjectSchema } from './schema.ts'

/**
 * The parameters of a node that may change while it runs. `values` is one frozen object, replaced as a whole by each
 * change, so that a reader never sees half of one.
 */
export class LiveParams<Params extends object> {
  readonly #schema: ObjectSchema
  readonly #subject: string
  readonly #changed: (change: { old: Readonly<Params>; new: Readonly<Params> }) => void
  #values: Readonly<Params> | undefined

  constructor(
    schema: ObjectSchema,
    subject: string,
    changed: (change: { old: Readonly<Params>; new: Readonly<Params> }) => void
  ) {
    this.#schema = schema
    this.#subject = subject
    this.#changed = changed
  }

  get values(): Readonly<Params> {
    this.#values ??= Object.freeze(parseOptions<Params>(this.#schema, {}, this.#subject))
    return this.#values
  }

  /** @throws {ConfigError} with all mistakes; nothing is changed then. */
  patch(patch: Partial<Params> | Record<string, unknown>): void {
    const old = this.values
    const merged = merge(old as Record<string, unknown>, patch as Record<string, unknown>)
    this.#values = Object.freeze(parseOptions<Params>(this.#schema, merged, this.#subject))
    this.#changed({ old, new: this.#values })
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
