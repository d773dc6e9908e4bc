import { z } from 'zod'
import type { NodeTypeInfo, TypeCatalog } from '../src/graph/TypeCatalog.ts'

const amp: NodeTypeInfo = {
  name: 'Amp',
  description: 'An amplifier.',
  configSchema: z.object({
    channelCount: z.int().min(1).max(1024).default(1).describe('channels').meta({ pyacq: 'nb_channel' }),
    sampleRate: z.number().positive().default(1000).meta({ unit: 'Hz', pyacq: 'sample_rate' }),
    mode: z.enum(['fast', 'slow']).optional(),
    host: z.string().optional()
  }),
  paramsSchema: z.object({ gain: z.number().min(0).max(10).default(1) }),
  inputs: {},
  outputs: { signals: { streamType: 'analogsignal' }, triggers: { streamType: 'event' } },
  takesAnyInput: false,
  makesAnyOutput: false,
  pyacqNames: ['PyAmp']
}

const filter: NodeTypeInfo = {
  name: 'SosFilter',
  description: 'Filters.',
  configSchema: z.object({
    design: z.object({
      type: z.enum(['butter', 'cheby1']),
      order: z.int().min(1).max(20),
      band: z.tuple([z.number(), z.number()])
    }),
    chunkSize: z.int().min(1).optional()
  }),
  paramsSchema: z.object({}),
  inputs: { signals: { delivery: 'bestEffort' } },
  outputs: { signals: {} },
  takesAnyInput: false,
  makesAnyOutput: false,
  pyacqNames: []
}

const recorder: NodeTypeInfo = {
  name: 'Recorder',
  description: 'Records.',
  configSchema: z.object({ folder: z.string() }),
  paramsSchema: z.object({}),
  inputs: {},
  outputs: {},
  takesAnyInput: true,
  makesAnyOutput: false,
  pyacqNames: []
}

/** Three node types for the tests of graph files. `load` registers `Extra` from a path that ends in `extra.ts`. */
export function testCatalog(): TypeCatalog {
  const types = [amp, filter, recorder]
  return {
    names: () => types.map(({ name }) => name).toSorted(),
    find: (name) => types.find((type) => type.name === name || type.pyacqNames.includes(name)),
    load: (path) => {
      if (!path.endsWith('extra.ts')) return Promise.reject(new SyntaxError('Unexpected token'))
      types.push({ ...amp, name: 'Extra' })
      return Promise.resolve(['Extra'])
    }
  }
}
