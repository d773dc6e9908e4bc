import { readdir, readFile } from 'node:fs/promises'

/** Processes that `parent` started and that have not been waited for, by the name of their program. Needs `/proc`. */
export async function childrenOf(parent: number): Promise<{ pid: number; program: string; isZombie: boolean }[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0)
  const found = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      const [, program = '', state, ppid] = /^\d+ \((.*)\) (\S) (\d+)/.exec(text) ?? []
      return Number(ppid) === parent ? [{ pid, program, isZombie: state === 'Z' }] : []
    })
  )
  return found.flat()
}

/** Whether a process is there and has not ended. */
export async function isRunning(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return text !== '' && !/\) [ZX] /.test(text)
}
