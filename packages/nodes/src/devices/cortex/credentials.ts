import { readFile } from 'node:fs/promises'
import { ConfigError } from '@nodeacq/core'
import { z } from 'zod'

const schema = z.object({
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  license: z.string().optional()
})

/** Who an application is, as Emotiv's developer pages give it. */
export interface CortexCredentials {
  readonly clientId: string
  readonly clientSecret: string
  readonly license?: string | undefined
}

/**
 * The credentials of a JSON file `{ "clientId", "clientSecret", "license"? }`; without one, those of the environment:
 * `EMOTIV_CLIENT_ID`, `EMOTIV_CLIENT_SECRET` and `EMOTIV_LICENSE`, or the file that `EMOTIV_CREDENTIALS` names.
 * @throws {ConfigError} naming what is missing, never a value.
 */
export async function readCortexCredentials(file?: string): Promise<CortexCredentials> {
  const path = file ?? process.env['EMOTIV_CREDENTIALS']
  const { EMOTIV_CLIENT_ID: clientId, EMOTIV_CLIENT_SECRET: clientSecret, EMOTIV_LICENSE: license } = process.env
  if (file === undefined && clientId && clientSecret) return { clientId, clientSecret, ...(license && { license }) }
  if (path === undefined) {
    throw new ConfigError('Cortex credentials', [
      'expected EMOTIV_CLIENT_ID and EMOTIV_CLIENT_SECRET in the environment, or a file'
    ])
  }
  const parsed = schema.safeParse(parseJson(path, await readText(path)))
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path: [key] }) => `'${String(key ?? '')}': expected a text`)
  throw new ConfigError(`Cortex credentials in ${path}`, problems)
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new ConfigError(`Cortex credentials in ${path}`, [error instanceof Error ? error.message : String(error)])
  }
}

/** The parser's own message would quote the file. */
function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new ConfigError(`Cortex credentials in ${path}`, ['expected JSON'])
  }
}

/** `text` without any of the secrets. */
export function withoutSecrets(text: string, secrets: Iterable<string>): string {
  let clean = text
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '***')
  return clean
}
