import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './workspace.ts'

const DISABLED = /(?:oxlint|eslint)-disable(?:-next-line|-line)?\b(?<rest>.*)$/

/** Lines that switch a rule off without saying why, or without naming the rule: `// oxlint-disable-next-line RULE -- reason`. */
export function exceptionProblemsOf(text: string): { line: number; problem: string }[] {
  return text.split('\n').flatMap((content, index) => {
    const rest = DISABLED.exec(content)?.groups?.['rest']
    if (rest === undefined) return []
    const [rules = '', reason = ''] = rest.replace('*/', '').split(' -- ')
    if (rules.trim() === '') return [{ line: index + 1, problem: 'an exception names its rule' }]
    return reason.trim() === '' ? [{ line: index + 1, problem: `an exception gives its reason after ' -- '` }] : []
  })
}

/** Every lint exception in the repository that lacks its rule or reason, as `path:line: problem`. */
export async function exceptionProblems(): Promise<string[]> {
  const problems: string[] = []
  const patterns = ['packages/*/{src,test,proofs,bin,client}/**/*.{ts,tsx,js}', '{tools,examples}/**/*.ts', '*.ts']
  for await (const path of glob(patterns, { cwd: ROOT, exclude: ['tools/exceptions*.ts'] })) {
    const found = exceptionProblemsOf(await readFile(join(ROOT, path), 'utf8'))
    problems.push(...found.map(({ line, problem }) => `${path}:${line}: ${problem}`))
  }
  return problems
}
