import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A second network on this machine (Linux's network namespaces), and the one cable between it and this one. */
export interface NetworkCable extends AsyncDisposable {
  /** Addresses of this end and of the other one. */
  readonly here: string
  readonly there: string
  /** What has to stand before a command line for it to run at the other end. */
  readonly thereCommand: readonly string[]
  /** Nothing passes any more, and nobody is told. */
  pull(): Promise<void>
  plug(): Promise<void>
}

/** Lays a cable; takes Debian's `iproute2` and root. Gives the reason in words where that cannot be. */
export async function networkCable(): Promise<NetworkCable | string> {
  const id = process.pid.toString(36)
  const [name, near, far] = [`nodeacq-${id}`, `nq${id}a`, `nq${id}b`]
  const net = `10.213.${process.pid % 250}`
  const [here, there] = [`${net}.1`, `${net}.2`]
  const ip = (line: string) => run('ip', line.split(' '))
  const remove = async () => {
    // The interfaces go with the namespace that one of them is in.
    await ip(`netns delete ${name}`)
  }
  try {
    await ip(`netns add ${name}`)
  } catch (error) {
    return `no network namespace can be made: ${error instanceof Error ? error.message : String(error)}`
  }
  try {
    await ip(`link add ${near} type veth peer name ${far} netns ${name}`)
    await ip(`address add ${here}/24 dev ${near}`)
    await ip(`-n ${name} address add ${there}/24 dev ${far}`)
    for (const line of [`link set ${near} up`, `-n ${name} link set ${far} up`, `-n ${name} link set lo up`])
      await ip(line)
  } catch (error) {
    await remove()
    return `no cable to a network namespace: ${error instanceof Error ? error.message : String(error)}`
  }
  return {
    here,
    there,
    thereCommand: ['ip', 'netns', 'exec', name],
    pull: async () => void (await ip(`-n ${name} link set ${far} down`)),
    plug: async () => void (await ip(`-n ${name} link set ${far} up`)),
    [Symbol.asyncDispose]: remove
  }
}
