import { encodeTal } from '../../files/edf/encodeTal.ts'
import type { Tal } from '../../files/edf/tal.ts'

/**
 * The bytes of the annotation signal, record after record, all of one length. Each begins with the time of its record; an
 * annotation that finds no room goes into a later record, as its onset tells where it belongs.
 * @param onsets s after the start in the header, of each record
 * @param least bytes of a record at least
 */
export function packAnnotations(onsets: readonly number[], annotations: readonly Tal[], least: number): Buffer[] {
  const keepers = onsets.map((onset) => encodeTal({ onset, duration: undefined, texts: [''] }))
  const lists = annotations.toSorted((a, b) => a.onset - b.onset).map((tal) => ({ tal, bytes: encodeTal(tal) }))
  const longest =
    Math.max(0, ...lists.map(({ bytes }) => bytes.length)) + Math.max(0, ...keepers.map(({ length }) => length))
  for (let size = Math.max(least, longest); ; size *= 2) {
    const packed = tryPack(onsets, keepers, lists, size)
    if (packed !== undefined) return packed
  }
}

function tryPack(
  onsets: readonly number[],
  keepers: readonly Buffer[],
  lists: readonly { readonly tal: Tal; readonly bytes: Buffer }[],
  size: number
): Buffer[] | undefined {
  let next = 0
  const records = keepers.map((keeper, k) => {
    const record = Buffer.alloc(size)
    let at = keeper.copy(record)
    const end = onsets[k + 1] ?? Infinity
    while (next < lists.length && lists[next]!.tal.onset < end && at + lists[next]!.bytes.length <= size) {
      at += lists[next]!.bytes.copy(record, at)
      next += 1
    }
    return record
  })
  return next === lists.length ? records : undefined
}
