import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { TiaClient, TiaCommandError, TiaSignalClient, TiaSignalServer } from '@nodeacq/nodes'
import { InputStream } from '@nodeacq/stream'
import { waitFor, type TestProcess } from 'testing'
import { expect, test } from 'vitest'
import { PYTHON, runPython, startPython } from './python.ts'

const hasPytia = await promisify(execFile)(PYTHON, ['-c', 'import pytia']).then(
  () => true,
  () => false
)
if (!hasPytia) console.log(`skipped: TiA with pytia: ${PYTHON} has no package 'pytia'`)

interface Report {
  readonly connected: boolean
  readonly version: boolean
  readonly dataConnection: boolean
  readonly started: boolean
  readonly stopped: boolean
  readonly packets: readonly {
    readonly number: number
    readonly id: number
    readonly timestamp: number
    readonly channels: readonly number[]
    readonly blockSizes: readonly number[]
    readonly signals: readonly (readonly number[])[]
    readonly second: readonly number[]
  }[]
}

test.skipIf(!hasPytia)('the unmodified client of pytia gets every packet of our server', async () => {
  let count = 0
  await using server = await TiaSignalServer.start({
    port: 0,
    signals: [
      {
        channels: 2,
        sampleRate: 200,
        blockSize: 2,
        isMaster: true,
        signalType: 'eeg',
        callback: () => [count, count + 0.5, ++count, -7]
      },
      { channels: 3, sampleRate: 100, callback: () => [1, 2, 3] }
    ]
  })
  const lines = await runPython('tia_client.py', [String(server.port), '40'])
  const report = JSON.parse(lines.find((line) => line.startsWith('REPORT '))!.slice('REPORT '.length)) as Report
  expect(report).toMatchObject({ connected: true, version: true, dataConnection: true, started: true, stopped: true })
  const { packets } = report
  expect(packets.length).toBeGreaterThanOrEqual(40)
  expect(packets.map(({ number }) => number)).toEqual(packets.map((_, k) => k))
  const first = packets[0]!.signals[0]![0]!
  for (const [k, { channels, blockSizes, signals, second }] of packets.entries()) {
    expect({ channels, blockSizes }).toEqual({ channels: [2, 3], blockSizes: [2, 1] })
    const n = first + k
    expect(signals).toEqual([
      [n, n + 0.5, n + 1, -7],
      [1, 2, 3]
    ])
    expect(second).toEqual([n + 1, -7])
  }
  const times = packets.map(({ timestamp }) => timestamp)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  await waitFor(() => server.clientCount === 0)
})

/** pytia's server, and its port. */
async function startServer(): Promise<{ process: TestProcess; port: number } & AsyncDisposable> {
  const process = await startPython('tia_server.py')
  const line = (): string | undefined => process.lines.find((one) => one.startsWith('PORT '))
  await waitFor(() => line() !== undefined || process.end !== undefined, { what: 'the port of pytia' })
  return {
    process,
    port: Number(line()!.slice('PORT '.length)),
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]()
  }
}

test.skipIf(!hasPytia)('our client gets what the server of pytia offers, its data and its errors', async () => {
  await using server = await startServer()
  await using client = new TiaSignalClient({ port: server.port })
  await client.connect()
  await client.cmdCheckProtocolVersion()
  const meta = await client.cmdGetMetaInfo()
  expect(
    meta.signals.map(({ bit, sampleRate, blockSize, channels }) => [bit, sampleRate, blockSize, channels])
  ).toEqual([
    [0, 100, 1, ['channel1', 'channel2', 'channel3']],
    [16, 100, 2, ['channel1', 'channel2']]
  ])
  const early = client.stopStreamingData()
  await expect(early).rejects.toThrow(TiaCommandError)
  await expect(early).rejects.toThrow('StopDataTransmission was refused: No existing data connection!')
  await client.startStreamingDataTcp('127.0.0.1', await client.cmdGetDataConnectionTcp())
  const counts: number[] = []
  while (counts.length < 50) {
    for (const packet of await client.getData()) {
      counts.push(packet.getChannel(0, 0)[0]!)
      expect([...packet.getChannel(0, 2)]).toEqual([1000.25])
      expect([...packet.getChannel(1, 1)]).toEqual([3, 4])
    }
  }
  expect(counts).toEqual(counts.map((_, k) => counts[0]! + k))
  await client.stopStreamingData()
  expect(await client.getData()).toEqual([])
  await expect(client.cmdGetServerStateConnection()).rejects.toThrow('Unknown message type "GetServerStateConnection"')
})

test.skipIf(!hasPytia)('a server of pytia is a device of a graph', async () => {
  await using server = await startServer()
  await using node = new TiaClient({ name: 'pytia' })
  await node.configure({ port: server.port })
  await node.initialize()
  expect(Object.keys(node.outputs)).toEqual(['eeg', 'user1'])
  const input = new InputStream({ delivery: 'complete' })
  await input.connect(node.outputs['eeg']!)
  input.startRun()
  await node.start()
  const counts: number[] = []
  for await (const { data } of input.chunks()) {
    counts.push(...(data.toNested() as number[][]).map(([first]) => first!))
    if (counts.length >= 60) break
  }
  await node.stop()
  await input.close()
  expect(counts).toEqual(counts.map((_, k) => counts[0]! + k))
  expect(node.status().counters).toEqual({ reconnects: 0, lostPackets: 0, duplicates: 0, badPackets: 0 })
})
