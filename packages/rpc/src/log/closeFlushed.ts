import type { ConnectionEvent, ZmqSocket } from '@nodeacq/zmq'

/**
 * Closes a socket and resolves when its last messages have left, at the latest after its `linger`.
 * `process.exit` does not wait for zeromq, so a process that ends with it would lose what it sent last.
 */
export function closeFlushed(socket: ZmqSocket): Promise<void> {
  if (socket.closed) return Promise.resolve()
  return new Promise((resolve) => {
    // zeromq ends a socket's monitor when the socket itself is gone, which is after lingering.
    socket.onConnection('end' as ConnectionEvent, () => resolve())
    socket.close()
  })
}
