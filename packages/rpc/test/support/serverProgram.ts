import { RpcClient, RpcServer } from '../../src/index.ts'
import type { Remote } from '../../src/index.ts'

/** What the processes of these tests publish. */
export class Worker {
  get '~proxied'(): true {
    return true
  }

  readonly pid = process.pid
  counted = 0

  add(a: number, b: number): number {
    return a + b
  }

  count(): number {
    return ++this.counted
  }

  /** Keeps the event loop busy, so that nothing is answered. */
  block(ms: number): string {
    const until = performance.now() + ms
    while (performance.now() < until);
    return 'done'
  }

  /** Never answers. */
  forever(): Promise<never> {
    return new Promise(() => undefined)
  }

  /** Calls back `times` times, each time with what came before. */
  async bounce(callback: (value: number) => Promise<number>, times: number): Promise<number> {
    let value = 0
    for (let i = 0; i < times; i++) value = await callback(value)
    return value
  }

  /** A proxy of what another server publishes. */
  async fetchFrom(address: string, name: string): Promise<Remote<Worker>> {
    return (await RpcClient.get(address)).get<Remote<Worker>>(name)
  }

  /** Adds in the process that owns `other`. */
  addThere(other: Remote<Worker>, a: number, b: number): Promise<number> {
    return other.add(a, b)
  }

  make(): Worker {
    return new Worker()
  }

  exit(code: number): void {
    setImmediate(() => process.exit(code))
  }
}

if (import.meta.main) {
  const server = await RpcServer.start({ address: process.argv[2], probeInterval: 50, clientGrace: 200 })
  server.publish('worker', new Worker())
  process.stdout.write(`${server.address}\n`)
  await server.closed
  await RpcClient.closeAll()
}
