import { DEFAULT_GROUP } from './Graph.ts'
import { toJsonSchema, type JsonSchema } from './jsonSchema.ts'
import { DELIVERIES } from './readNodes.ts'
import { outputOptionsSchema } from './streamOptions.ts'
import type { NodeTypeInfo, TypeCatalog } from './TypeCatalog.ts'

/** JSON Schema of graph files with the node types that are known, for editors: completion, hover texts, red lines. */
export function graphSchema(catalog: TypeCatalog): JsonSchema {
  const types = catalog.names().map((name) => catalog.find(name)!)
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'nodeacq graph',
    type: 'object',
    additionalProperties: false,
    required: ['nodes'],
    properties: {
      name: { type: 'string', description: 'begins the name of the recording folder' },
      hosts: mapOf(
        { type: 'string', pattern: String.raw`^tcp://.+:\d+$` },
        'host servers by name: tcp://<name or IP>:<port>; local is built in'
      ),
      modules: {
        type: 'array',
        description: 'files whose Node classes become types; relative to this file',
        items: {
          anyOf: [
            { type: 'string' },
            objectOf({ path: { type: 'string' }, host: { type: 'string' } }, { required: ['path'] })
          ]
        }
      },
      groups: mapOf(
        { anyOf: [objectOf({ host: { type: 'string' } }), { type: 'null' }] },
        'processes by name, and the host each is on'
      ),
      nodes: mapOf(nodeSchema(types), 'the graph'),
      require: objectOf(
        {
          streams: { type: 'array', items: { anyOf: [STREAM, REQUIRED_STREAM] } },
          diskFreeMinutes: { type: 'number', exclusiveMinimum: 0 }
        },
        { description: 'what must hold before the run starts' }
      )
    },
    $defs: { output: toJsonSchema(outputOptionsSchema()) }
  }
}

const STREAM: JsonSchema = { type: 'string', pattern: String.raw`^[^.]+\..+$`, description: 'node.output' }
const REQUIRED_STREAM = objectOf(
  { stream: STREAM, sampleRate: { type: 'number', exclusiveMinimum: 0 } },
  { required: ['stream'] }
)
const INPUT: JsonSchema = {
  anyOf: [STREAM, objectOf({ from: STREAM, delivery: { enum: [...DELIVERIES] } }, { required: ['from'] })]
}

function nodeSchema(types: readonly NodeTypeInfo[]): JsonSchema {
  const names = types.flatMap((type) => [type.name, ...type.pyacqNames])
  return {
    type: 'object',
    additionalProperties: false,
    required: ['type'],
    properties: {
      type: { enum: names },
      group: { type: 'string', default: DEFAULT_GROUP },
      configure: {},
      params: {},
      inputs: {},
      outputs: {}
    },
    allOf: types.map((type) => ({
      if: { properties: { type: { enum: [type.name, ...type.pyacqNames] } }, required: ['type'] },
      // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema; nobody awaits the document
      then: { description: type.description, properties: partsOf(type) }
    }))
  }
}

function partsOf(type: NodeTypeInfo): Record<string, JsonSchema> {
  const inputs = Object.fromEntries(Object.keys(type.inputs).map((name) => [name, INPUT]))
  const outputs = Object.fromEntries(Object.keys(type.outputs).map((name) => [name, { $ref: '#/$defs/output' }]))
  return {
    configure: closed(toJsonSchema(type.configSchema)),
    params: closed(toJsonSchema(type.paramsSchema)),
    inputs: { type: 'object', properties: inputs, additionalProperties: type.takesAnyInput ? INPUT : false },
    outputs: {
      type: 'object',
      properties: outputs,
      additionalProperties: type.makesAnyOutput ? { $ref: '#/$defs/output' } : false
    }
  }
}

/** Unknown options are mistakes; zod's schemas alone would take them. pyacq's names are options too. */
function closed(schema: JsonSchema): JsonSchema {
  const properties: Record<string, JsonSchema> = { ...schema.properties }
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    for (const alias of property.pyacq === undefined ? [] : [property.pyacq].flat()) {
      if (alias !== name) properties[alias as string] = { ...property, description: `pyacq's name of ${name}` }
    }
  }
  return { ...schema, properties, additionalProperties: schema.additionalProperties ?? false }
}

function objectOf(
  properties: Record<string, JsonSchema>,
  { required, description }: { required?: string[]; description?: string } = {}
): JsonSchema {
  return {
    type: 'object',
    additionalProperties: false,
    properties,
    ...(required && { required }),
    ...(description && { description })
  }
}

function mapOf(additionalProperties: JsonSchema, description: string): JsonSchema {
  return { type: 'object', additionalProperties, description }
}
