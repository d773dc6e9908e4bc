import type { Delivery, OutputOptions } from '@nodeacq/stream'
import { checkOptions } from './checkOptions.ts'
import { checkName, isEmpty, readEntries, readFields, readNamed, readText } from './fields.ts'
import {
  DEFAULT_GROUP,
  type GraphGroup,
  type GraphInput,
  type GraphModule,
  type GraphNode,
  type StreamName
} from './Graph.ts'
import type { MistakeList } from './mistakes.ts'
import { nearest } from './nearest.ts'
import type { Place } from './SourceText.ts'
import { checkOutputOptions } from './streamOptions.ts'
import { describeTree, type Entry, type Tree } from './Tree.ts'
import type { NodeTypeInfo, StreamSpecInfo, TypeCatalog } from './TypeCatalog.ts'

const NODE_KEYS = ['type', 'group', 'configure', 'params', 'inputs', 'outputs'] as const
const INPUT_KEYS = ['from', 'delivery'] as const
export const DELIVERIES = ['bestEffort', 'latest', 'complete'] as const satisfies readonly Delivery[]

interface Context {
  readonly groups: readonly GraphGroup[]
  readonly modules: readonly GraphModule[]
  readonly failedModules: readonly GraphModule[]
  readonly catalog: TypeCatalog
  readonly mistakes: MistakeList
}

/** The section `nodes`, each with its options checked against the schemas of its type. In the order of the file. */
export function readNodes(tree: Tree | undefined, context: Context): GraphNode[] {
  const entries = readNamed(tree, { subject: 'nodes', what: 'node', mistakes: context.mistakes })
  const types = new Map(entries.map(([name, entry]) => [name, typeOf(entry, name, context)]))
  return entries.map(([name, entry]) => readNode(name, entry, { ...context, types }))
}

type Types = ReadonlyMap<string, NodeTypeInfo | undefined>

function readNode(name: string, entry: Entry, context: Context & { types: Types }): GraphNode {
  const { mistakes, groups, types } = context
  const subject = `node '${name}'`
  const fields = readFields(entry.value, NODE_KEYS, { subject, mistakes })
  const group = readText(fields.group, { subject: `${subject}: group`, mistakes }) ?? DEFAULT_GROUP
  if (fields.group !== undefined) {
    const message = `${subject}: unknown group '${group}'`
    checkName(group, names(groups), { place: fields.group.value.place, message, mistakes })
  }
  const type = types.get(name)
  const options = (key: 'configure' | 'params', schema: NodeTypeInfo['configSchema']) => {
    const field = fields[key]
    const place = field?.place ?? entry.place
    return checkOptions({ schema, tree: field?.value, place, subject: `${subject}: ${key}`, mistakes })
  }
  return {
    name,
    type: type?.name ?? writtenType(entry) ?? '',
    group,
    configure: type === undefined ? {} : options('configure', type.configSchema),
    params: type === undefined || fields.params === undefined ? {} : options('params', type.paramsSchema),
    inputs: readInputs(fields.inputs, { ...context, type, subject, place: entry.place }),
    outputs: readOutputs(fields.outputs?.value, { type, subject, mistakes }),
    place: entry.place
  }
}

function writtenType({ value }: Entry): string | undefined {
  const type = value.kind === 'map' ? value.entries.get('type')?.value : undefined
  return type?.kind === 'scalar' && typeof type.value === 'string' ? type.value : undefined
}

function typeOf(entry: Entry, name: string, { catalog, mistakes, failedModules }: Context): NodeTypeInfo | undefined {
  const subject = `node '${name}'`
  // A node that is text or a list is a mistake of its own.
  if (entry.value.kind !== 'map' && !isEmpty(entry.value)) return undefined
  const field = entry.value.kind === 'map' ? entry.value.entries.get('type') : undefined
  if (field === undefined) {
    mistakes.add(entry.place, `${subject} has no type`, { expected: 'type: the name of a node type' })
    return undefined
  }
  const type = readText(field, { subject: `${subject}: type`, mistakes })
  if (type === undefined) return undefined
  const known = catalog.find(type)
  if (known !== undefined) return known
  const similar = nearest(type, catalog.names())
  // It may come from a module that is not readable here; that module has its own mistake, or is on another machine.
  if (similar === undefined && failedModules.length > 0) return undefined
  const expected = "a registered node type; 'nodeacq nodes' lists them"
  mistakes.add(field.value.place, `${subject}: unknown type '${type}'`, { expected, nearest: similar })
  return undefined
}

interface InputsContext extends Context {
  readonly types: Types
  readonly type: NodeTypeInfo | undefined
  readonly subject: string
  readonly place: Place
}

function readInputs(field: Entry | undefined, context: InputsContext): GraphInput[] {
  const { type, subject, place, mistakes } = context
  const inputs: GraphInput[] = []
  const written = readEntries(field?.value, { subject: `${subject}: inputs`, mistakes })
  for (const [name, entry] of written) {
    if (type !== undefined && !type.takesAnyInput)
      checkStream(name, { kind: 'input', type, place: entry.place, subject, mistakes })
    const input = readInput(name, entry, context)
    if (input !== undefined) inputs.push(input)
  }
  const specs = type?.inputs ?? {}
  for (const [name, { optional }] of Object.entries(specs)) {
    // An input that was misspelt has its mistake already.
    const isMeant = (key: string) => key === name || nearest(key, Object.keys(specs)) === name
    if (optional === true || written.some(([key]) => isMeant(key))) continue
    const expected = `inputs: { ${name}: node.output }`
    mistakes.add(field?.place ?? place, `${subject}: input '${name}' is not connected`, { expected })
  }
  return inputs
}

function readInput(name: string, entry: Entry, context: InputsContext): GraphInput | undefined {
  const { mistakes } = context
  const subject = `${context.subject}: input '${name}'`
  let from: Entry | undefined = entry
  let delivery: Delivery | undefined
  if (entry.value.kind === 'map') {
    const fields = readFields(entry.value, INPUT_KEYS, { subject, mistakes })
    from = fields.from
    const wanted = readText(fields.delivery, { subject: `${subject}: delivery`, mistakes })
    if (wanted !== undefined) {
      const place = fields.delivery!.value.place
      const isKnown = checkName(wanted, DELIVERIES, {
        place,
        message: `${subject}: unknown delivery '${wanted}'`,
        mistakes
      })
      if (isKnown) delivery = wanted as Delivery
    }
    if (from === undefined) {
      mistakes.add(entry.place, `${subject}: 'from' is missing`, { expected: '{ from: node.output }' })
      return undefined
    }
  }
  const stream = readStreamName(from, { ...context, subject })
  return stream === undefined ? undefined : { name, from: stream, delivery, place: from.value.place }
}

export interface StreamNameContext {
  readonly types: Types
  readonly subject: string
  readonly mistakes: MistakeList
}

/** A reference `node.output`; both parts must exist. */
export function readStreamName(entry: Entry, { types, subject, mistakes }: StreamNameContext): StreamName | undefined {
  const { value } = entry
  const text = value.kind === 'scalar' && typeof value.value === 'string' ? value.value : undefined
  const [node, output] = splitAt(text ?? '', '.')
  const example = [...types].find(([, type]) => Object.keys(type?.outputs ?? {}).length > 0)
  if (node === '' || output === '') {
    const exampleText = example === undefined ? '' : `, such as ${example[0]}.${Object.keys(example[1]!.outputs)[0]}`
    const what = text === undefined ? describeTree(value) : `'${text}'`
    mistakes.add(value.place, `${subject}: ${what} names no stream`, { expected: `node.output${exampleText}` })
    return undefined
  }
  const { place } = value
  if (!checkName(node, [...types.keys()], { place, message: `${subject}: there is no node '${node}'`, mistakes }))
    return undefined
  const type = types.get(node)
  const isStream =
    type === undefined || type.makesAnyOutput || checkStream(output, { kind: 'output', type, place, subject, mistakes })
  return isStream ? { node, output } : undefined
}

interface StreamCheck {
  readonly kind: 'input' | 'output'
  readonly type: NodeTypeInfo
  readonly place: Place
  readonly subject: string
  readonly mistakes: MistakeList
}

function checkStream(name: string, { kind, type, place, subject, mistakes }: StreamCheck): boolean {
  const streams: Readonly<Record<string, StreamSpecInfo>> = kind === 'input' ? type.inputs : type.outputs
  const known = Object.keys(streams)
  const message = `${subject}: ${type.name} has no ${kind} '${name}'`
  const expected = known.length === 0 ? `no ${kind}: it has none` : `one of ${known.join(', ')}`
  return checkName(name, known, { place, message, mistakes, expected })
}

function readOutputs(
  tree: Tree | undefined,
  { type, subject, mistakes }: { type: NodeTypeInfo | undefined; subject: string; mistakes: MistakeList }
): Record<string, OutputOptions> {
  const outputs: Record<string, OutputOptions> = {}
  for (const [name, { place, value }] of readEntries(tree, { subject: `${subject}: outputs`, mistakes })) {
    if (type !== undefined && !type.makesAnyOutput)
      checkStream(name, { kind: 'output', type, place, subject, mistakes })
    outputs[name] = checkOutputOptions(value, { subject: `${subject}: output '${name}'`, place, mistakes })
  }
  return outputs
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

const names = (things: readonly { name: string }[]) => things.map(({ name }) => name)
