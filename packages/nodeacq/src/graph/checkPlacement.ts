import { networkInterfaces } from 'node:os'
import type { GraphGroup, GraphHost, GraphNode } from './Graph.ts'
import { LOCAL_HOST } from './Graph.ts'
import type { MistakeList } from './mistakes.ts'

/** The machine a host is on: `local`, or the name or IP in its address. */
export function machineOf(host: string, hosts: readonly GraphHost[]): string {
  const address = hosts.find(({ name }) => name === host)?.address
  if (address === undefined) return LOCAL_HOST
  const machine = address.slice('tcp://'.length, address.lastIndexOf(':')).replaceAll(/[[\]]/g, '')
  if (/^(localhost|127\..*|::1)$/.test(machine)) return LOCAL_HOST
  const own = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address: ip }) => ip))
  return own.includes(machine) ? LOCAL_HOST : machine
}

interface Placement {
  readonly nodes: readonly GraphNode[]
  readonly groups: readonly GraphGroup[]
  readonly hosts: readonly GraphHost[]
  readonly mistakes: MistakeList
}

/** An edge that leaves its process or its machine needs a transport that can. */
export function checkPlacement({ nodes, groups, hosts, mistakes }: Placement): void {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const hostOf = (node: GraphNode) => groups.find(({ name }) => name === node.group)?.host ?? LOCAL_HOST
  for (const node of nodes) {
    for (const { name, from, place } of node.inputs) {
      const source = byName.get(from.node)
      if (source === undefined) continue
      const options = source.outputs[from.output] ?? {}
      const edge = `node '${node.name}': input '${name}'`
      if (options.protocol === 'inproc' && source.group !== node.group) {
        const message = `${edge}: '${from.node}.${from.output}' uses inproc, and '${node.name}' is in another process`
        mistakes.add(place, message, { expected: `group ${source.group}, or protocol tcp` })
      }
      if (machineOf(hostOf(source), hosts) === machineOf(hostOf(node), hosts)) continue
      const mode = options.protocol === 'ipc' ? 'ipc' : options.transferMode
      if (mode === 'ipc' || mode === 'sharedmem') {
        const message = `${edge}: '${from.node}.${from.output}' uses ${mode}, and '${node.name}' is on another machine`
        mistakes.add(place, message, { expected: 'plaindata over tcp' })
      } else if (machineOf(hostOf(source), hosts) === LOCAL_HOST && options.interface === undefined) {
        // What is open to other machines is open because somebody wrote so.
        const message = `${edge}: '${from.node}.${from.output}' is heard on this machine only, and '${node.name}' is on another`
        const expected = `for '${from.node}': outputs: { ${from.output}: { interface: <IP of this machine> } }`
        mistakes.add(place, message, { expected })
      }
    }
  }
}
