import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { testCatalog } from '../../test/testCatalog.ts'
import { parseGraph } from '../graph/parseGraph.ts'
import { nodeTypeLines } from './nodeTypeLines.ts'

const catalog = testCatalog()

test('a node type is told with options, units, limits, defaults, pyacq names and streams', () => {
  expect(nodeTypeLines(catalog.find('Amp')!).join('\n')).toBe(
    `
Amp
An amplifier.
also known as PyAmp

configure:
  OPTION        VALUE              DEFAULT  MEANING
  channelCount  integer 1 to 1024  1        channels [pyacq: nb_channel]
  sampleRate    number > 0 (Hz)    1000     [pyacq: sample_rate]
  mode          'fast' | 'slow'    –
  host          text               –

params (may change while it runs):
  OPTION  VALUE           DEFAULT  MEANING
  gain    number 0 to 10  1

inputs:
  none

outputs:
  NAME      STREAM TYPE
  signals   analogsignal
  triggers  event

example:
  nodes:
    amp:
      type: Amp
      configure:
        channelCount: 1
        sampleRate: 1000`.slice(1)
  )
})

test.each(['Amp', 'SosFilter', 'Recorder'])('the example of %s is a graph that passes the checks', async (name) => {
  const lines = nodeTypeLines(catalog.find(name)!)
  const example = lines.slice(lines.indexOf('example:') + 1).join('\n')
  const { nodes } = parse(example) as { nodes: object }
  const needed = name === 'Amp' ? {} : { amp: { type: 'Amp' } }
  const graph = JSON.stringify({ nodes: { ...needed, ...nodes } })
  const { mistakes } = await parseGraph(graph, 'example.json', { catalog })
  expect(mistakes.map(({ message }) => message)).toEqual([])
})
