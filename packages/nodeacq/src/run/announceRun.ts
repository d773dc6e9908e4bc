import { mkdir, readdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'

const announcement = z.object({
  pid: z.number(),
  address: z.string(),
  graph: z.string(),
  file: z.string(),
  started: z.string()
})

/** A run of a graph on this machine that other programs of the same user can reach. */
export type AnnouncedRun = z.infer<typeof announcement>

/**
 * Lets `nodeacq record` find a run without its address: a small file in a folder that is the user's own, as long as the run
 * lasts. @returns what takes it away
 */
export async function announceRun(run: Omit<AnnouncedRun, 'pid' | 'started'>): Promise<() => Promise<void>> {
  const folder = runsFolder()
  const path = join(folder, `${process.pid}.json`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(path, JSON.stringify({ ...run, pid: process.pid, started: new Date().toISOString() }), {
    mode: 0o600
  })
  return async () => {
    await rm(path, { force: true })
    // Only the last run finds it empty.
    await rmdir(folder).catch(() => undefined)
  }
}

/** The runs of this user on this machine, oldest first. What a run that was killed left behind is removed. */
export async function announcedRuns(): Promise<AnnouncedRun[]> {
  const folder = runsFolder()
  const owner = await stat(folder).catch(() => undefined)
  // A folder of somebody else could send us anywhere.
  if (owner === undefined || (process.getuid !== undefined && owner.uid !== process.getuid())) return []
  const runs: AnnouncedRun[] = []
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const text = await readFile(path, 'utf8').catch(() => '')
    const { data } = announcement.safeParse(parse(text))
    if (data !== undefined && isAlive(data.pid)) runs.push(data)
    else if (data !== undefined) await rm(path, { force: true })
  }
  return runs.toSorted((a, b) => (a.started < b.started ? -1 : 1))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function runsFolder(): string {
  const own = process.env['XDG_RUNTIME_DIR']
  return own ? join(own, 'nodeacq-runs') : join(tmpdir(), `nodeacq-runs-${userInfo().username}`)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
