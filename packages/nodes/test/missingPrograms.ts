import { findProgram, type ProgramName } from '../src/devices/programs/findProgram.ts'

/**
 * Says which programs of the system are missing, as the reason for which tests are skipped, and prints it; undefined when all
 * are there.
 */
export async function missingPrograms(
  what: string,
  ...names: (ProgramName | 'pulseaudio')[]
): Promise<string | undefined> {
  const missing: string[] = []
  for (const name of names) if ((await findProgram(name as ProgramName)) === undefined) missing.push(name)
  if (missing.length === 0) return undefined
  const reason = `not installed: ${missing.join(', ')}`
  process.stdout.write(`${what}: skipped, ${reason}\n`)
  return reason
}
