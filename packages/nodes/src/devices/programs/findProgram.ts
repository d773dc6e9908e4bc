import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { MissingPackageError } from '@nodeacq/core'

/** Programs of the system that nodes use, and how each system gets them. */
const INSTALL = {
  ffmpeg: 'apt install ffmpeg (Debian, Ubuntu), brew install ffmpeg (macOS), winget install ffmpeg (Windows)',
  ffprobe: 'apt install ffmpeg (Debian, Ubuntu), brew install ffmpeg (macOS), winget install ffmpeg (Windows)',
  pactl: 'apt install pulseaudio-utils (Debian, Ubuntu)',
  parec: 'apt install pulseaudio-utils (Debian, Ubuntu)',
  pacat: 'apt install pulseaudio-utils (Debian, Ubuntu)'
} as const

export type ProgramName = keyof typeof INSTALL

/** Where a program lies; undefined when no folder of `PATH` has it. */
async function findProgram(name: ProgramName): Promise<string | undefined> {
  const file = process.platform === 'win32' ? `${name}.exe` : name
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue
    const path = join(folder, file)
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false
    )
    if (isThere) return path
  }
  return undefined
}

/** As {@link findProgram}. @throws {MissingPackageError} saying what to install on which system. */
export async function requireProgram(name: ProgramName, neededFor: string): Promise<string> {
  const path = await findProgram(name)
  if (path === undefined) throw new MissingPackageError(name, neededFor, { install: INSTALL[name] })
  return path
}
