import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'

/**
 * Says which programs of the system are missing, as the reason for which tests are skipped, and prints it; undefined when all
 * are there.
 */
export async function missingPrograms(what: string, ...names: readonly string[]): Promise<string | undefined> {
  const missing: string[] = []
  for (const name of names) if (!(await isInstalled(name))) missing.push(name)
  if (missing.length === 0) return undefined
  const reason = `not installed: ${missing.join(', ')}`
  process.stdout.write(`${what}: skipped, ${reason}\n`)
  return reason
}

async function isInstalled(name: string): Promise<boolean> {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const found = await Promise.all(
    folders.map((folder) =>
      access(join(folder, name), constants.X_OK).then(
        () => true,
        () => false
      )
    )
  )
  return found.includes(true)
}
