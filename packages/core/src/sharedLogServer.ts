import { logAddress, startLogServer, type LogServer } from '@nodeacq/rpc'

let running: { server: Promise<LogServer>; users: number } | undefined

/** A use of the log server of this process. */
export interface LogServerUse {
  /** Where the processes we start send their records. */
  readonly address: string
  /** The last user to leave closes the server. */
  leave(): Promise<void>
}

/**
 * The log server of this process, which managers and hosts in it share; a process whose own records go to another log
 * server has its children send theirs there too.
 */
export async function useLogServer(): Promise<LogServerUse> {
  const elsewhere = running ? null : logAddress()
  if (elsewhere !== null) return { address: elsewhere, leave: () => Promise.resolve() }
  running ??= { server: startLogServer(), users: 0 }
  const mine = running
  mine.users++
  const server = await mine.server
  let left = false
  const leave = async () => {
    if (left) return
    left = true
    if (--mine.users > 0) return
    if (running === mine) running = undefined
    await server.close()
  }
  return { address: server.address, leave }
}
