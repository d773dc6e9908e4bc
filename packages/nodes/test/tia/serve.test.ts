import { fileURLToPath } from 'node:url'
import { ConfigError } from '@nodeacq/core'
import { expect, test } from 'vitest'
import { deviceServers } from '../../src/index.ts'
import { connectClient } from './startTia.ts'

const RECORDING = fileURLToPath(new URL('../fixtures/edf/edfplus_c.edf', import.meta.url))

function serve(own: Readonly<Record<string, string | undefined>>): ReturnType<(typeof deviceServers)[string]['start']> {
  return deviceServers['tia']!.start({ host: '127.0.0.1', port: 0, own: { type: 'eeg', ...own } })
}

const portOf = ({ address }: { readonly address: string }): number => Number(address.split(':').at(-1))

test.each([{}, { file: RECORDING }])('what nodeacq serve tia serves can be read: %j', async (own) => {
  await using server = await serve(own)
  await using client = await connectClient({ port: portOf(server) })
  const { signals, master } = await client.cmdGetMetaInfo()
  expect(signals[0]!.type).toBe('eeg')
  expect(server.hints.length).toBeGreaterThan(0)
  await client.startStreamingDataTcp('127.0.0.1', await client.cmdGetDataConnectionTcp())
  const [packet] = await client.getData()
  expect(packet!.getChannel(0)).toHaveLength(master.blockSize * signals[0]!.channels.length)
})

test('a type that is none is told', async () => {
  await expect(serve({ type: 'eggs' })).rejects.toThrow(ConfigError)
  await expect(serve({ type: 'eggs', file: RECORDING })).rejects.toThrow("unknown signal type 'eggs'")
})
