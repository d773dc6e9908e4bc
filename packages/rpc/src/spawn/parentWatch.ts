import { Socket } from 'node:net'

/** Tells a child that its standard file descriptor 3 is a pipe from the process with this pid, to be watched. */
export const PARENT_VARIABLE = 'NODEACQ_PARENT'
/** Number of that file descriptor. */
export const PARENT_FD = 3
/** ms between two looks at who the parent is, where there is no pipe. */
const POLL_PERIOD = 500

/**
 * Calls `onGone` when the process that started this one has ended. A nodeacq parent holds the other end of a pipe, so
 * that its end is noticed at once; for another one the parent's id is polled, which changes when the parent is gone.
 */
export function watchParent(onGone: () => void): void {
  const parent = process.ppid
  const hasPipe = process.env[PARENT_VARIABLE] === String(parent)
  // Not for the processes that this one starts by other means.
  delete process.env[PARENT_VARIABLE]
  if (hasPipe) {
    const pipe = new Socket({ fd: PARENT_FD, readable: true, writable: false })
    pipe.on('error', () => undefined)
    pipe.on('close', onGone)
    pipe.resume()
    pipe.unref()
    return
  }
  setInterval(() => {
    if (process.ppid !== parent) onGone()
  }, POLL_PERIOD).unref()
}
