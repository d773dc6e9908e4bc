/** The other process of the rpc benchmark: our server, and a bare ROUTER that answers with as many bytes. */
import { RpcServer } from '@nodeacq/rpc'
import * as zmq from 'zeromq'

class Demo {
  get '~proxied'(): true {
    return true
  }

  add(x: number, y: number): number {
    return x + y
  }
}

const server = await RpcServer.start()
server.publish('demo', new Demo())

const router = new zmq.Router({ linger: 0 })
await router.bind('tcp://127.0.0.1:*')
const REPLY = Buffer.alloc(48)
process.send!({ address: server.address, bare: router.lastEndpoint })
for await (const [identity] of router) await router.send([identity!, REPLY])
