import { ConfigError } from '@nodeacq/core'
import { expect, test } from 'vitest'
import { TiaSignalServer, type TiaPacket, type TiaSignalConfig } from '../../src/index.ts'
import { connectClient } from './startTia.ts'

test('callbacks are asked at the pace of the master, with their id, and clients get what they give', async () => {
  const calls: unknown[] = []
  let count = 0
  const signals: TiaSignalConfig[] = [
    {
      channels: 2,
      sampleRate: 400,
      blockSize: 4,
      id: 'slow',
      signalType: 'sensors',
      callback: (id) => [calls.push(id), 1, 2, 3, 4, 5, 6, 7]
    },
    {
      channels: 1,
      sampleRate: 200,
      blockSize: 2,
      id: 7,
      isMaster: true,
      signalType: 0x1,
      callback: () => [count++, -1]
    }
  ]
  await using server = await TiaSignalServer.start({ port: 0, udpPort: 0, signals, subject: { id: 'S 1' } })
  await using client = await connectClient(server)
  const meta = await client.cmdGetMetaInfo()
  expect(meta.subject).toEqual({ id: 'S 1' })
  expect(meta.master).toEqual({ sampleRate: 200, blockSize: 2 })
  expect(meta.signals.map(({ type, channels }) => [type, channels])).toEqual([
    ['eeg', ['channel1']],
    ['sensor', ['channel1', 'channel2']]
  ])
  expect(calls).toEqual([])
  const before = performance.now()
  await client.startStreamingDataTcp('127.0.0.1', await client.cmdGetDataConnectionTcp())
  const packets: TiaPacket[] = []
  while (packets.length < 30) packets.push(...(await client.getData()))
  expect(performance.now() - before).toBeGreaterThan(29 * 10 - 20)
  expect(packets.map(({ packetNumber }) => packetNumber)).toEqual(packets.map((_, k) => k))
  for (const packet of packets) {
    expect([...packet.getChannel(0, 0)]).toEqual([packet.getChannel(0)[0], -1])
    expect([...packet.getChannel(1, 1)]).toEqual([4, 5, 6, 7])
  }
  const counts = packets.map((packet) => packet.getChannel(0)[0]!)
  expect(counts).toEqual(counts.map((_, k) => counts[0]! + k))
  expect(new Set(calls)).toEqual(new Set(['slow']))
})

test('one callback that gives too little ends the server with an error that names the signal', async () => {
  const signals = [{ channels: 2, sampleRate: 100, callback: () => [1] }]
  await using server = await TiaSignalServer.start({ port: 0, udpPort: 0, signals })
  await using client = await connectClient(server)
  await client.startStreamingDataTcp('127.0.0.1', await client.cmdGetDataConnectionTcp())
  await expect(server.ended).rejects.toThrow("signal 'user1': expected 2 numbers of its callback, got 1")
})

const signal: TiaSignalConfig = { channels: 1, sampleRate: 10, callback: () => [0] }

test.each<[string, TiaSignalConfig[], string]>([
  ['none', [], 'at least one signal'],
  ['no master', [signal, { ...signal, signalType: 'eeg' }], 'exactly one signal with isMaster, got 0'],
  [
    'two masters',
    [
      { ...signal, isMaster: true },
      { ...signal, isMaster: true }
    ],
    'got 2'
  ],
  ['one type twice', [{ ...signal, isMaster: true }, signal], 'another type for each'],
  [
    'a type that is none',
    [{ ...signal, signalType: 'eegg' }],
    "signal 0: TiA: unknown signal type 'eegg'; did you mean 'eeg'"
  ],
  ['no rate', [{ ...signal, sampleRate: 0 }], 'expected Hz above 0, got 0'],
  ['no channel', [{ ...signal, channels: 0 }], 'channels: expected 1–65535, got 0'],
  ['labels', [{ ...signal, labels: ['a', 'b'] }], 'labels: expected 1, got 2']
])('signals that do not go together are refused: %s', async (_, signals, reason) => {
  const started = TiaSignalServer.start({ port: 0, udpPort: 0, signals })
  await expect(started).rejects.toThrow(ConfigError)
  await expect(started).rejects.toThrow(reason)
})
