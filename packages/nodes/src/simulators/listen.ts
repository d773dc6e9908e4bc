import type { Server } from 'node:net'
import { DeviceError } from '@nodeacq/core'
import { checkListenHost } from '../checkListenHost.ts'

export interface ListenOptions {
  /** Default 127.0.0.1; beyond loopback only with `insecure`. */
  host?: string
  /** Default 0: any free one. */
  port?: number
  insecure?: boolean
}

/**
 * Lets a server listen. @throws {DeviceError} when it cannot.
 * @throws {ConfigError} for a host beyond loopback without `insecure`.
 */
export async function listen(server: Server, subject: string, options: ListenOptions = {}): Promise<void> {
  const { host = '127.0.0.1', port = 0, insecure = false } = options
  checkListenHost(subject, host, insecure)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, resolve)
    })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new DeviceError(`${subject}: cannot serve at ${host}:${port}: ${reason}`, { cause })
  }
}
