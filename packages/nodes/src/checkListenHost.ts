import { ConfigError } from '@nodeacq/core'
import { getLogger } from '@nodeacq/rpc'
import { isLoopbackHost } from './isLoopbackHost.ts'

/** Beyond loopback a simulator is served only when asked for. @throws {ConfigError} */
export function checkListenHost(subject: string, host: string, insecure: boolean): void {
  if (isLoopbackHost(host)) return
  if (!insecure)
    throw new ConfigError(subject, [
      `'${host}' is beyond loopback: whoever reaches it can use it; allow it with insecure`
    ])
  getLogger('nodeacq.simulators').warning(`${subject}: whoever reaches ${host} can use it`)
}
