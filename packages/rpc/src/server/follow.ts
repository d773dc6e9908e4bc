import type { Dialect } from '../dialect.ts'
import { isPlainObject, isThenable } from '../serialize/kinds.ts'
import { getMember } from './members.ts'

/** Looks the first `count` attributes up one after the other, waiting where one is a promise. @throws {RequestError} AttributeError */
export function follow(value: unknown, names: readonly string[], dialect: Dialect, count = names.length): unknown {
  let current = value
  for (let i = 0; i < count; i++) {
    if (isThenable(current)) {
      const rest = names.slice(i, count)
      return Promise.resolve(current).then((settled) => follow(settled, rest, dialect))
    }
    current = getMember(current, names[i] as string, dialect)
  }
  return current
}

/** A decoded message with the promises in its lists and maps replaced by what they give. */
export async function settle(value: unknown): Promise<unknown> {
  const given = await value
  if (Array.isArray(given)) return Promise.all(given.map(settle))
  if (typeof given !== 'object' || given === null || !isPlainObject(given)) return given
  const entries = Object.entries(given).map(async ([key, item]) => [key, await settle(item)] as const)
  return Object.fromEntries(await Promise.all(entries))
}
