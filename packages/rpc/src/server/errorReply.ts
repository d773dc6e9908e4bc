import type { Dialect, ErrorPlace } from '../dialect.ts'
import type { Tree } from '../serialize/Serializer.ts'

/**
 * The `error` of a reply: Python's class name, and lines that give a readable trace when joined. The first names the
 * request, the last is `ClassName: message`.
 */
export function errorReply(
  error: unknown,
  request: { name: string; id: number },
  at: ErrorPlace,
  dialect: Dialect
): Tree {
  const { type, message } = dialect.describeError(error, at)
  const stack = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : []
  return [
    type,
    [
      `Error while processing request ${request.name} [${request.id}]: `,
      ' < exception caught here >\n',
      'Traceback (most recent call first):\n',
      ...stack.slice(0, 20).map((line) => `${line}\n`),
      `${type}: ${message}\n`
    ]
  ]
}
