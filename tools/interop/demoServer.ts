import { pyacqDialect } from '@nodeacq/core'
import { RpcServer } from '@nodeacq/rpc'

/** What a Python client is shown: every kind of value, an error, a callback, attributes. */
class Demo {
  count = 5
  readonly nested = { name: 'nested' }

  get '~proxied'(): true {
    return true
  }

  add(x: number | { x: number; y: number }, y?: number): number {
    // Python's keywords come as one object behind the positional arguments.
    return typeof x === 'object' ? x.x + x.y : x + y!
  }

  echo(x: unknown): unknown {
    return x
  }

  boom(): never {
    throw new RangeError('boom')
  }

  call_back(callback: (...args: unknown[]) => unknown, ...args: unknown[]): unknown {
    return callback(...args)
  }

  types(): object {
    return { int: 2n ** 53n + 1n, float: 0.5, none: null, list: [1, 2, 3] }
  }
}

const [address = 'tcp://127.0.0.1:*'] = process.argv.slice(2)
const server = await RpcServer.start({ address, dialect: pyacqDialect })
server.publish('demo', new Demo())
console.log(server.address)
process.once('SIGTERM', () => void server.close())
await server.closed
