import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '@nodeacq/core'
import { DEFAULT_SETTINGS, type LslSettings } from './LslSettings.ts'
import { parseLslConfig } from './parseLslConfig.ts'

/**
 * The settings of this machine: of the first file that is there, as liblsl looks for it: named by the variable LSLAPICFG, in the
 * working directory, `~/lsl_api`, `/etc/lsl_api`; then what is given.
 * @throws {ConfigError} when the file says what cannot be
 */
export async function readLslSettings(given: Partial<LslSettings> = {}): Promise<LslSettings> {
  const { LSLAPICFG } = process.env
  const places = ['lsl_api.cfg', join(homedir(), 'lsl_api', 'lsl_api.cfg'), '/etc/lsl_api/lsl_api.cfg']
  for (const path of LSLAPICFG ? [LSLAPICFG, ...places] : places) {
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const { settings, problems } = parseLslConfig(text)
    if (problems.length > 0) throw new ConfigError(path, problems)
    return { ...settings, ...given }
  }
  return { ...DEFAULT_SETTINGS, ...given }
}
