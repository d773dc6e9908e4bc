import { expect, test } from 'vitest'
import { WasmMemory } from './WasmMemory.ts'

test('what is allocated belongs to one owner, also while it is small, and lies behind the areas of work', () => {
  const memory = new WasmMemory()
  const owner = {}
  const sizes = [8, 16, 16, 1, 24, 16]
  const places = sizes.map((bytes) => memory.allocate(owner, bytes))
  const ranges = [
    ...places.map((from, k) => ({ from, to: from + sizes[k]! })),
    { from: memory.raw, to: memory.raw + 8 }
  ]
  ranges.sort((a, b) => a.from - b.from)
  expect(ranges.slice(1).every(({ from }, k) => from >= ranges[k]!.to)).toBe(true)
  expect(Math.min(...places)).toBeGreaterThanOrEqual(memory.exports.__heap_base.value)
})

test('areas that grow are given back, for others of their size', () => {
  const memory = new WasmMemory()
  const { raw } = memory
  memory.reserveWork(100_000)
  expect(memory.raw).not.toBe(raw)
  const again = [0, 1, 2].map(() => memory.allocate({}, 8 * 32_768))
  expect(again).toContain(raw)
})
