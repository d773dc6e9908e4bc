import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const { rules } = JSON.parse(
  readFileSync(new URL('../../fixtures/cortex_v1_document.json', import.meta.url), 'utf8')
) as { rules: string[] }

/** Tests of rules are named after them. */
test('every rule of the document has its test', () => {
  const folder = new URL('.', import.meta.url)
  const files = readdirSync(folder).filter((name) => name.endsWith('.rules.test.ts'))
  const source = files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n')
  expect(rules.length).toBeGreaterThan(80)
  expect(rules.filter((words) => !source.includes(words))).toEqual([])
})
