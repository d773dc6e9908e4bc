import { hostname } from 'node:os'
import { threadId } from 'node:worker_threads'

/*
 * The three names under which a process appears in log records, in the prefix `[host:process:thread]`, and in the
 * identity of RPC clients.
 */
let hostName = hostname()
let processName = `process-${process.pid}`
let threadName = `thread-${threadId.toString(16)}`

/** Name of this machine in log records. Default: the operating system's host name. */
export function getHostName(): string {
  return hostName
}

export function setHostName(name: string): void {
  hostName = name
}

/** Name of this process in log records. Default: `process-<pid>`; a spawned process gets the name it was given. */
export function getProcessName(): string {
  return processName
}

export function setProcessName(name: string): void {
  processName = name
}

/** Name of this thread in log records. Default: `thread-<hex id>`. */
export function getThreadName(): string {
  return threadName
}

export function setThreadName(name: string): void {
  threadName = name
}
