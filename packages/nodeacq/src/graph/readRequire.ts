import { readFields, readList, readPositive } from './fields.ts'
import type { GraphNode, RequiredStream, Requirements } from './Graph.ts'
import type { MistakeList } from './mistakes.ts'
import { readStreamName, type StreamNameContext } from './readNodes.ts'
import type { Entry, Tree } from './Tree.ts'
import type { TypeCatalog } from './TypeCatalog.ts'

const REQUIRE_KEYS = ['streams', 'diskFreeMinutes'] as const

interface Context {
  readonly nodes: readonly GraphNode[]
  readonly catalog: TypeCatalog
  readonly mistakes: MistakeList
}

/** The section `require`: the recording contract. A stream is `node.output` or `{ stream: node.output, sampleRate }`. */
export function readRequire(section: Entry | undefined, { nodes, catalog, mistakes }: Context): Requirements {
  if (section === undefined) return { streams: [], diskFreeMinutes: undefined, place: undefined }
  const fields = readFields(section.value, REQUIRE_KEYS, { subject: 'require', mistakes })
  const subject = 'require: streams'
  const types = new Map(nodes.map((node) => [node.name, catalog.find(node.type)]))
  const streams = readList(fields.streams?.value, { subject, mistakes })
    .map((item) => readRequiredStream(item, { types, subject, mistakes }))
    .filter((stream) => stream !== undefined)
  const diskFreeMinutes = readPositive(fields.diskFreeMinutes, { subject: 'require: diskFreeMinutes', mistakes })
  return { streams, diskFreeMinutes, place: (fields.diskFreeMinutes ?? section).place }
}

function readRequiredStream(item: Tree, context: StreamNameContext): RequiredStream | undefined {
  const { subject, mistakes } = context
  if (item.kind !== 'map') {
    const stream = readStreamName({ place: item.place, value: item }, context)
    return stream && { ...stream, sampleRate: undefined, place: item.place }
  }
  const fields = readFields(item, ['stream', 'sampleRate'], { subject, mistakes })
  const sampleRate = readPositive(fields.sampleRate, { subject: `${subject}: sampleRate`, mistakes })
  if (fields.stream === undefined) {
    mistakes.add(item.place, `${subject}: 'stream' is missing`, {
      expected: '{ stream: node.output, sampleRate: 1000 }'
    })
    return undefined
  }
  const stream = readStreamName(fields.stream, context)
  return stream && { ...stream, sampleRate, place: fields.stream.value.place }
}
