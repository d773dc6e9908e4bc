import { startPython } from './python.ts'

/** A function of scipy.signal with its arguments. */
export type ScipyCall = readonly [name: string, args: readonly unknown[], options?: Readonly<Record<string, unknown>>]

/** What Python raised. */
export interface ScipyError {
  readonly error: string
}

/** Makes all calls in one Python process. Arrays come as nested lists, complex numbers as `[re, im]`. */
export async function callScipy(calls: readonly ScipyCall[]): Promise<{ version: string; answers: unknown[] }> {
  await using python = await startPython('scipy_calls.py')
  for (const [name, args, options = {}] of calls) python.input.write(`${JSON.stringify([name, args, options])}\n`)
  python.input.end()
  await python.exited
  if (python.lines.length !== calls.length + 1) throw new Error(python.errorLines.join('\n'))
  const [version, ...answers] = python.lines.map((line) => JSON.parse(line) as unknown)
  return { version: version as string, answers }
}

export function isScipyError(answer: unknown): answer is ScipyError {
  return typeof answer === 'object' && answer !== null && 'error' in answer
}
