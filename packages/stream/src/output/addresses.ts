import { randomUUID } from 'node:crypto'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { isLoopback } from '@nodeacq/zmq'
import type { StreamInfo } from '../params.ts'
import { DEFAULTS } from '../params.ts'

/** What an output binds: the data socket and the side channel. */
export interface BindAddresses {
  readonly data: string
  readonly side: string
}

const WILDCARDS = new Set(['*', '0.0.0.0', '[::]', '::'])

/** For ipc, socket files with an absolute path: the peer's working directory does not matter. */
export function bindAddresses(info: StreamInfo): BindAddresses {
  if (info.protocol === 'ipc') {
    const path = info.interface === DEFAULTS.interface ? join(tmpdir(), `nodeacq_${randomUUID()}`) : info.interface
    return { data: `ipc://${path}`, side: `ipc://${path}.side` }
  }
  const host = info.interface === '*' ? '0.0.0.0' : info.interface
  return { data: `tcp://${host}:${info.port}`, side: `tcp://${host}:*` }
}

/** `interface` and `port` as they stand in the params, given the address that was bound. */
export function publishedPlace(bound: string): Pick<StreamInfo, 'interface' | 'port'> {
  const rest = bound.slice(bound.indexOf('://') + 3)
  if (!bound.startsWith('tcp://')) return { interface: rest, port: `//${rest}` }
  const colon = rest.lastIndexOf(':')
  return { interface: rest.slice(0, colon), port: rest.slice(colon + 1) }
}

/** Where an input connects its data socket. pyacq's rule. */
export function dataAddress(info: StreamInfo): string {
  return info.protocol === 'tcp' ? `tcp://${info.interface}:${info.port}` : `${info.protocol}://${info.interface}`
}

/** The name of this machine for peers, where an output listens on all of its interfaces. */
export function advertisedHost(info: StreamInfo, advertise: string | undefined): string {
  if (advertise !== undefined || !WILDCARDS.has(info.interface)) return advertise ?? info.interface
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? DEFAULTS.interface
}

/** Whether anybody outside this machine can connect. */
export function isExposed({ data }: BindAddresses): boolean {
  return !isLoopback(data)
}
