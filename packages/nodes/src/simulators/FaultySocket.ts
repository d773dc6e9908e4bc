import { Duplex } from 'node:stream'
import type { FaultyLine, LineFaults } from './LineFaults.ts'

/**
 * A connection with the faults of a line on it, below whatever protocol it carries: give it to the protocol in place of
 * the socket. Bytes that come while it is deaf are gone.
 */
export class FaultySocket extends Duplex {
  readonly #socket: Duplex
  readonly #line: FaultyLine

  constructor(socket: Duplex, faults: LineFaults) {
    super()
    this.#socket = socket
    this.#line = faults.add({ write: (bytes) => void socket.write(bytes), destroy: () => void socket.destroy() })
    socket
      .on('data', (bytes) => !faults.isDeaf && !this.push(bytes) && socket.pause())
      .on('end', () => this.push(null))
      .on('error', (error) => this.destroy(error))
      .on('close', () => this.destroy())
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#line.write(bytes)
    done()
  }

  /** What the protocol writes together stays together: a header and what follows it. */
  override _writev(writes: readonly { readonly chunk: Buffer }[], done: () => void): void {
    this.#line.write(Buffer.concat(writes.map(({ chunk }) => chunk)))
    done()
  }

  override _final(done: () => void): void {
    this.#socket.end()
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#line.close()
    this.#socket.destroy()
    done(error)
  }
}
