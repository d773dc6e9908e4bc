import { expect, test } from 'vitest'
import { z } from 'zod'
import { testCatalog } from '../../test/testCatalog.ts'
import { graphSchema } from './graphSchema.ts'
import { describeType, toJsonSchema } from './jsonSchema.ts'

test('types and limits are told in words', () => {
  const told = (schema: z.ZodType) => describeType(toJsonSchema(schema))
  expect(told(z.number())).toBe('number')
  expect(told(z.int().min(1).max(8))).toBe('integer 1 to 8')
  expect(told(z.number().positive().default(3))).toBe('number > 0')
  expect(told(z.string().nullish())).toBe('text')
  expect(told(z.int().min(0))).toBe('integer ≥ 0')
  expect(told(z.enum(['a', 'b']).optional())).toBe("'a' | 'b'")
  expect(told(z.array(z.number()))).toBe('list of number')
  expect(told(z.array(z.union([z.string(), z.int()])))).toBe('list of (text | integer)')
  expect(told(z.tuple([z.number(), z.number()]))).toBe('[number, number]')
  expect(told(z.object({ type: z.string(), order: z.int() }).nullable())).toBe('{ type, order }')
  expect(told(z.union([z.literal('off'), z.boolean()]))).toBe("'off' | true | false")
  expect(told(z.union([z.instanceof(Map), z.array(z.unknown())]).transform(String))).toBe('list')
})

test('the schema for editors offers the types and the options of each', () => {
  const schema = graphSchema(testCatalog()) as any // oxlint-disable-line typescript/no-explicit-any -- a deep look into a document
  const node = schema.properties.nodes.additionalProperties
  expect(node.properties.type.enum).toEqual(['Amp', 'PyAmp', 'Recorder', 'SosFilter'])
  const [amp] = node.allOf
  expect(amp.if.properties.type.enum).toEqual(['Amp', 'PyAmp'])
  const { configure, params, inputs, outputs } = amp.then.properties
  expect(configure).toMatchObject({
    additionalProperties: false,
    properties: { channelCount: { type: 'integer', minimum: 1, default: 1 }, nb_channel: { type: 'integer' } }
  })
  expect(params.properties.gain).toMatchObject({ minimum: 0, maximum: 10 })
  expect(inputs).toEqual({ type: 'object', properties: {}, additionalProperties: false })
  expect(Object.keys(outputs.properties)).toEqual(['signals', 'triggers'])
  expect(schema.$defs.output.properties.transferMode.enum).toContain('sharedmem')
})
