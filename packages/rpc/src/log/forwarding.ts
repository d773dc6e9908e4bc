import { LogError } from '../errors.ts'
import { addLogTransport, flushDisplay, removeLogTransport, setSending } from './hub.ts'
import { LogSender } from './LogSender.ts'
import { LogServer, type LogServerOptions } from './LogServer.ts'

/*
 * The one LogServer and the one LogSender that a process may have.
 */
let server: LogServer | undefined
let starting = false
let sender: LogSender | undefined

/**
 * Starts this process's LogServer; processes spawned from now on send their records to it.
 * @throws {LogError} when one runs already.
 */
export async function startLogServer(options: LogServerOptions = {}): Promise<LogServer> {
  if (starting || server?.isClosed === false) {
    throw new LogError(`this process already has a log server${server ? ` on ${server.address}` : ''}`)
  }
  starting = true
  try {
    server = await LogServer.start(options)
    return server
  } finally {
    starting = false
  }
}

/** The address that spawned processes send their records to: this process's LogServer, else where it sends its own; or null. */
export function logAddress(): string | null {
  if (server?.isClosed === false) return server.address
  return sender?.address ?? null
}

/** Whether the records of this process go to another one. */
export function isLogSent(): boolean {
  return sender !== undefined
}

/**
 * Sends all records of this process to the LogServer at `address`, in place of showing them here.
 * @throws {LogError} when it sends them already, or to its own server.
 */
export function connectLogSender(address: string): LogSender {
  if (sender) throw new LogError(`this process already sends its log to ${sender.address}`)
  if (server?.isClosed === false && server.address === address) {
    throw new LogError(`${address} is this process's own log server; expected another one's address`)
  }
  sender = new LogSender({ address })
  addLogTransport(sender)
  setSending(true)
  return sender
}

/**
 * Shows or sends what is still on its way and disconnects the LogSender; for the end of a process.
 * `timeout` in ms, default 1000.
 */
export async function flushLogs(timeout = 1000): Promise<void> {
  flushDisplay()
  if (!sender) return
  const ending = sender
  sender = undefined
  await ending.finish(timeout)
  removeLogTransport(ending)
  setSending(false)
}
