import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as zmq from 'zeromq'
import type { ProcessReaders } from './readers.ts'

/** A PUB of bare zeromq.js that drops nothing. */
export interface Bare extends AsyncDisposable {
  readonly publisher: zmq.Publisher
}

let count = 0

/** Opens a PUB and waits until all readers are subscribed to it. */
export async function openBare(protocol: 'tcp' | 'ipc', readers: ProcessReaders): Promise<Bare> {
  const publisher = new zmq.Publisher({ linger: 0, sendHighWaterMark: 0 })
  const path = join(tmpdir(), `nodeacq-bench-${process.pid}-${count++}`)
  const remove = () => rmSync(path, { force: true })
  if (protocol === 'ipc') process.once('exit', remove)
  await publisher.bind(protocol === 'tcp' ? 'tcp://127.0.0.1:*' : `ipc://${path}`)
  await readers.connectBare(publisher.lastEndpoint!, () => publisher.send('greeting'))
  return {
    publisher,
    [Symbol.asyncDispose]: () => {
      publisher.close()
      process.off('exit', remove)
      remove()
      return Promise.resolve()
    }
  }
}
