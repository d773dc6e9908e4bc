import { checkName, readFields, readNamed, readText } from './fields.ts'
import { DEFAULT_GROUP, LOCAL_HOST, type GraphGroup, type GraphHost } from './Graph.ts'
import type { MistakeList } from './mistakes.ts'
import type { Place } from './SourceText.ts'
import type { Tree } from './Tree.ts'

/** The section `hosts`: names and addresses. */
export function readHosts(tree: Tree | undefined, mistakes: MistakeList): GraphHost[] {
  const hosts: GraphHost[] = []
  for (const [name, entry] of readNamed(tree, { subject: 'hosts', what: 'host', mistakes })) {
    const { place, value } = entry
    const address = readText(entry, { subject: `host '${name}'`, mistakes })
    if (name === LOCAL_HOST) {
      mistakes.add(place, `host '${LOCAL_HOST}' is built in and cannot be defined`, { expected: 'another name' })
      continue
    }
    if (address !== undefined && !isHostAddress(address)) {
      mistakes.add(value.place, `host '${name}': '${address}' is no address`, { expected: 'tcp://<name or IP>:<port>' })
    }
    // Its name is known in any case: one mistake is enough.
    hosts.push({ name, address: address ?? '', place })
  }
  return hosts
}

/** Whether a text is an address that a host server can be reached at. */
function isHostAddress(address: string): boolean {
  const port = /^tcp:\/\/(?:\[[0-9a-f:.]+\]|[^\s:/*]+):(\d+)$/i.exec(address)?.[1]
  return port !== undefined && Number(port) > 0 && Number(port) < 65_536
}

/** A group, and whether the file has it or it is there by itself. */
export type ReadGroup = GraphGroup & { readonly isWritten: boolean }

/** The section `groups`, and `main` in any case. */
export function readGroups(
  tree: Tree | undefined,
  { hosts, mistakes, place }: { hosts: readonly GraphHost[]; mistakes: MistakeList; place: Place }
): ReadGroup[] {
  const groups: ReadGroup[] = []
  const hostNames = [LOCAL_HOST, ...hosts.map((host) => host.name)]
  for (const [name, entry] of readNamed(tree, { subject: 'groups', what: 'group', mistakes })) {
    const fields = readFields(entry.value, ['host'], { subject: `group '${name}'`, mistakes })
    const host = readText(fields.host, { subject: `group '${name}': host`, mistakes }) ?? LOCAL_HOST
    if (fields.host !== undefined) {
      const message = `group '${name}': unknown host '${host}'`
      checkName(host, hostNames, { place: fields.host.value.place, message, mistakes })
    }
    groups.push({ name, host, place: entry.place, isWritten: true })
  }
  const hasDefault = groups.some((group) => group.name === DEFAULT_GROUP)
  return hasDefault ? groups : [...groups, { name: DEFAULT_GROUP, host: LOCAL_HOST, place, isWritten: false }]
}
