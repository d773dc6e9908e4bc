import { channel } from 'node:diagnostics_channel'

const log = channel('nodeacq:log')

/** Something for whoever runs the program; the logger of `@nodeacq/rpc` listens, and nobody has to. */
export function report(level: 'debug' | 'info' | 'warning' | 'error', message: string, cause?: unknown): void {
  if (log.hasSubscribers) log.publish({ level, name: 'nodeacq.stream', message, cause })
}
