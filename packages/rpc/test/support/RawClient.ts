import { ZmqSocket } from '@nodeacq/zmq'
import type { Frame } from '@nodeacq/zmq'
import { json } from '../../src/serialize/json.ts'
import { msgpack } from '../../src/serialize/msgpack.ts'
import type { Tree } from '../../src/serialize/Serializer.ts'

export interface Reply {
  action: string
  req_id: number
  rval: unknown
  error: [type: string, lines: string[]] | null
}

/** A DEALER that sends whatever it is told, well-formed or not. */
export class RawClient implements AsyncDisposable {
  readonly socket: ZmqSocket
  #nextId = 0

  constructor(address: string, identity = `raw-${Math.random()}`) {
    this.socket = new ZmqSocket('dealer', { identity })
    this.socket.connect(address)
  }

  /** Sends frames as they are. */
  async send(...frames: Frame[]): Promise<void> {
    await this.socket.send(frames)
  }

  /** The next message from the server. */
  async receive(): Promise<Reply> {
    const [bytes = Buffer.alloc(0)] = await this.socket.receive()
    return (bytes[0] === 0x7b ? json : msgpack).decode(bytes) as unknown as Reply
  }

  /** A proper request, and its reply. */
  async request(action: string, opts: Tree | undefined, returnType = 'auto'): Promise<Reply> {
    const id = this.#nextId++
    await this.send(String(id), action, returnType, 'msgpack', opts === undefined ? '' : msgpack.encode(opts))
    for (;;) {
      const reply = await this.receive()
      if (reply.req_id === id) return reply
    }
  }

  /** The result of a request, which must succeed. */
  async result(action: string, opts: Tree | undefined, returnType = 'auto'): Promise<Tree> {
    const { rval, error } = await this.request(action, opts, returnType)
    if (error) throw new Error(error[1].join(''))
    return rval as Tree
  }

  /** The class name of the error of a request, which must fail. */
  async failure(action: string, opts: Tree | undefined): Promise<string> {
    const { error, rval } = await this.request(action, opts)
    return error ? error[0] : `no error, but ${JSON.stringify(rval)}`
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.socket.close()
    return Promise.resolve()
  }
}
