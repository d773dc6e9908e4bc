import { randomBytes } from 'node:crypto'
import { getHostName, getProcessName, getThreadName } from '../log/names.ts'

/** zeromq's limit, in bytes. */
const MAX_IDENTITY = 255

let connections = 0

/**
 * What the server sees of a connection: `<host>.<process>.<thread>:<address>`, as pyacq's clients write it, with a
 * thread part that no other connection has (a server answers only the first of two that share an identity).
 */
export function newIdentity(address: string): string {
  const thread = `${getThreadName()}-${++connections}-${randomBytes(4).toString('hex')}`
  const text = `${getHostName()}.${getProcessName()}.${thread}:${address}`
  const excess = Buffer.byteLength(text) - MAX_IDENTITY
  return excess <= 0 ? text : Buffer.from(text).subarray(excess).toString('utf8').replaceAll('\uFFFD', '')
}
