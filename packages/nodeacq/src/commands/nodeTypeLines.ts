import { stringify } from 'yaml'
import { describeType, toJsonSchema, type JsonSchema } from '../graph/jsonSchema.ts'
import type { NodeTypeInfo, StreamSpecInfo } from '../graph/TypeCatalog.ts'
import { layoutTable, lengthOf, truncate, wrap } from '../screen/layoutTable.ts'

/** A node type for people: what it takes and gives, and how it stands in a graph file. `width`: of the terminal. */
export function nodeTypeLines(type: NodeTypeInfo, width = Infinity): string[] {
  const config = toJsonSchema(type.configSchema)
  const params = toJsonSchema(type.paramsSchema)
  const hasParams = Object.keys(params.properties ?? {}).length > 0
  return [
    type.name,
    ...(type.description === '' ? [] : wrap(type.description, width)),
    ...(type.pyacqNames.length === 0 ? [] : [`also known as ${type.pyacqNames.join(', ')}`]),
    ...section('configure', optionLines(config, width - INDENT.length)),
    ...(hasParams ? section('params (may change while it runs)', optionLines(params, width - INDENT.length)) : []),
    ...section('inputs', streamLines(type.inputs, type.takesAnyInput)),
    ...section('outputs', streamLines(type.outputs, type.makesAnyOutput)),
    ...section('example', exampleLines(type, config))
  ]
}

const INDENT = '  '

function section(title: string, lines: readonly string[]): string[] {
  return ['', `${title}:`, ...lines.map((line) => `${INDENT}${line}`)]
}

function optionLines({ properties = {}, required = [] }: JsonSchema, width: number): string[] {
  const rows = Object.entries(properties).map(([name, schema]) => {
    const unit = typeof schema.unit === 'string' ? ` (${schema.unit})` : ''
    const pyacq = [schema.pyacq ?? []].flat().filter((other) => other !== name)
    const about = [schema.description ?? '', pyacq.length > 0 ? `[pyacq: ${pyacq.join(', ')}]` : '']
      .filter(Boolean)
      .join(' ')
    return [name, `${shortened(describeType(schema))}${unit}`, defaultText(schema, required.includes(name)), about]
  })
  if (rows.length === 0) return ['none']
  const lines = layoutTable([{ title: 'OPTION' }, { title: 'VALUE' }, { title: 'DEFAULT' }], rows)
  const margin = Math.max(...lines.map(lengthOf)) + 2
  const meanings = ['MEANING', ...rows.map((row) => row[3]!)]
  // Where there is little room beside the table, the meaning runs on to the edge of the terminal.
  const room = Math.max(30, width - margin)
  return lines.flatMap((line, row) =>
    wrap(meanings[row]!, room).map((part, k) => `${(k === 0 ? line : '').padEnd(margin)}${part}`.trimEnd())
  )
}

/** Columns of a value; `--json` has all of it. */
const VALUE_WIDTH = 48

/** As many of the alternatives as there is room for. */
function shortened(value: string): string {
  if (lengthOf(value) <= VALUE_WIDTH) return value
  const end = value.lastIndexOf(' | ', VALUE_WIDTH - 4)
  return end > 0 ? `${value.slice(0, end)} | …` : truncate(value, VALUE_WIDTH)
}

function defaultText(schema: JsonSchema, isRequired: boolean): string {
  if (schema.default !== undefined) return JSON.stringify(schema.default)
  return isRequired ? 'required' : '–'
}

function streamLines(streams: Readonly<Record<string, StreamSpecInfo>>, isOpen: boolean): string[] {
  const rows = Object.entries(streams).map(([name, { streamType = '', delivery = '', optional }]) => [
    name,
    streamType,
    [delivery, optional === true ? 'optional' : ''].filter(Boolean).join(', ')
  ])
  if (isOpen) rows.push(['any name', '', ''])
  if (rows.length === 0) return ['none']
  return layoutTable([{ title: 'NAME' }, { title: 'STREAM TYPE' }, { title: '' }], rows)
}

/** A small entry of a graph file: what is required (or else a few defaults), and every input. */
function exampleLines(type: NodeTypeInfo, { properties = {}, required = [] }: JsonSchema): string[] {
  const options = Object.entries(properties)
  const needed = options.filter(([name]) => required.includes(name))
  const wanted = needed.length > 0 ? needed : options.filter(([, schema]) => schema.default !== undefined)
  const configure = Object.fromEntries(wanted.slice(0, 4).map(([name, schema]) => [name, exampleOf(schema)]))
  const inputs = Object.fromEntries(
    [...Object.keys(type.inputs), ...(type.takesAnyInput ? ['raw'] : [])].map((name) => [name, 'amp.signals'])
  )
  const node = {
    type: type.name,
    ...(Object.keys(configure).length > 0 && { configure }),
    ...(Object.keys(inputs).length > 0 && { inputs })
  }
  const name = `${type.name.slice(0, 1).toLowerCase()}${type.name.slice(1)}`
  return stringify({ nodes: { [name]: node } }, { flowCollectionPadding: true, lineWidth: 100 })
    .trimEnd()
    .split('\n')
}

/** A value that the schema takes, as far as the schema tells. */
function exampleOf(schema: JsonSchema): unknown {
  const { default: given, enum: values, properties, required = [], prefixItems, items } = schema
  if (given !== undefined) return given
  if (Array.isArray(schema['examples']) && schema['examples'].length > 0) return schema['examples'][0]
  if (schema.const !== undefined) return schema.const
  if (values !== undefined) return values[0]
  const [branch] = schema.anyOf ?? schema.oneOf ?? []
  if (branch !== undefined) return exampleOf(branch)
  if (properties !== undefined)
    return Object.fromEntries(required.map((name) => [name, exampleOf(properties[name] ?? {})]))
  if (prefixItems !== undefined) return prefixItems.map(exampleOf)
  if (schema.type === 'array') {
    return typeof items === 'object' ? Array.from({ length: schema.minItems ?? 1 }, () => exampleOf(items)) : []
  }
  if (schema.type === 'boolean') return false
  if (schema.type === 'string') return '…'
  if (schema.type === 'number' || schema.type === 'integer') return schema.minimum ?? (schema.exclusiveMinimum ?? 0) + 1
  return '…'
}
