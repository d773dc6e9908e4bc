import { once } from 'node:events'
import { connect } from 'node:net'
import { ConfigError, DeviceError } from '@nodeacq/core'
import { waitFor } from 'testing'
import { expect, test } from 'vitest'
import { isErrorMessage, MessageReader, reasonOf, type TiaMessage } from '../../src/devices/tia/controlMessages.ts'
import { parseMetaInfo } from '../../src/devices/tia/metaInfo.ts'
import { TiaCommandError } from '../../src/devices/tia/TiaError.ts'
import type { TiaPacket } from '../../src/devices/tia/TiaPacket.ts'
import { block, blocksOf, connectClient, META, RawControl, startService } from './startTia.ts'
import { libtia, pytia } from './vectors.ts'

/** Packets of `client` while `send` is called again and again, until there are `count`. */
async function packetsOf(
  client: Awaited<ReturnType<typeof connectClient>>,
  send: (n: number) => void,
  count: number
): Promise<TiaPacket[]> {
  const packets: TiaPacket[] = []
  let n = 0
  const timer = setInterval(() => send(n++), 2)
  try {
    while (packets.length < count) packets.push(...(await client.getData()))
  } finally {
    clearInterval(timer)
  }
  return packets
}

test.each([
  ['pytia', pytia.control!.slice(0, 8)],
  ['pytia: another version', pytia.control!.slice(8)],
  ['libtia', libtia.control!.slice(0, 14)],
  ['libtia: custom signals', libtia.control!.slice(14, 20)],
  ['libtia: line ends of Windows', libtia.control!.slice(21)]
])('the requests of the capture of %s are answered as there', async (_, control) => {
  await using service = await startService()
  await using raw = await RawControl.open(service.port)
  const answers: TiaMessage[] = []
  for (const { send } of control) answers.push(await raw.ask(send))
  const expected = control.flatMap(({ recv }) => [...new MessageReader().push(Buffer.from(recv))])
  expect(answers.map(kindOf)).toEqual(expected.map(kindOf))
  expect(answers.filter(isErrorMessage).map(reasonOf)).not.toContain('')
})

/** What an answer says, less texts and numbers. */
function kindOf({ command, parameter }: TiaMessage): string {
  return command.startsWith('Error') ? 'Error' : `${command}${parameter.replace(/^[1-9]\d{0,4}$/, ' N')}`
}

test('a line of another version is told, and ends the connection; an unknown command does not', async () => {
  await using service = await startService()
  await using raw = await RawControl.open(service.port)
  expect(reasonOf(await raw.ask('TiA 1.0\nFly\n\n'))).toBe("unknown command 'Fly'")
  expect(reasonOf(await raw.ask('TiA 1.0\nconstructor\n\n'))).toBe("unknown command 'constructor'")
  const closed = once(raw.socket, 'close')
  expect(reasonOf(await raw.ask('TiA 2.0\nCheckProtocolVersion\n\n'))).toContain('expected \'TiA 1.0\', got "TiA 2.0"')
  await closed
  await waitFor(() => service.clientCount === 0)
  expect(service.counters).toEqual({ clients: 0, droppedPackets: 0, refusedRequests: 3 })
})

test('requests that come cut into bytes, or several at once, are answered one by one', async () => {
  await using service = await startService()
  await using raw = await RawControl.open(service.port)
  for (const byte of Buffer.from('TiA 1.0\nCheckProtocolVersion\n\n').subarray(0, -1)) {
    raw.socket.write(Buffer.of(byte))
    await new Promise(setImmediate)
  }
  expect((await raw.ask('\n')).command).toBe('OK')
  const first = raw.ask('TiA 1.0\nGetMetaInfo\n\nTiA 1.0\nGetDataConnection: TCP\n\nTiA 1.0\nStartDataTransmission\n\n')
  expect((await first).command).toBe('MetaInfo')
  expect((await raw.ask('')).command).toBe('DataConnectionPort')
  expect((await raw.ask('')).command).toBe('OK')
})

test('a client that asks without end and never reads goes without a trace', async () => {
  await using service = await startService()
  const raw = connect({ port: service.port, host: '127.0.0.1' }).pause()
  await once(raw, 'connect')
  const requests = Buffer.from('TiA 1.0\nGetMetaInfo\n\n'.repeat(5000))
  while (raw.write(requests)) await new Promise(setImmediate)
  await waitFor(() => service.clientCount === 1)
  raw.destroy()
  await waitFor(() => service.clientCount === 0)
  expect(service.counters.refusedRequests).toBe(0)
})

test('a client gets every packet from the first, as libtia would send them', async () => {
  await using service = await startService()
  await using client = await connectClient(service)
  await client.cmdCheckProtocolVersion()
  expect(await client.cmdGetMetaInfo()).toEqual(META)
  await client.startStreamingDataTcp('127.0.0.1', await client.cmdGetDataConnectionTcp())
  await waitFor(() => service.isWanted)
  const packets = await packetsOf(client, (n) => service.send(blocksOf(n)), 20)
  const [first] = packets
  expect(packets.map(({ packetNumber }) => packetNumber)).toEqual(packets.map((_, k) => k))
  for (const { packetNumber, packetId, blocks } of packets) {
    expect(packetId).toBe(first!.packetId + packetNumber)
    expect(blocks).toEqual(blocksOf(packetNumber))
  }
  const times = packets.map(({ timestamp }) => timestamp)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  await client.stopStreamingData()
  expect(await client.getData()).toEqual([])
  await waitFor(() => !service.isWanted)
})

test('a client may start before it connects, as pytia does, and start again after it stopped', async () => {
  await using service = await startService()
  await using raw = await RawControl.open(service.port)
  const { parameter } = await raw.ask('TiA 1.0\nGetDataConnection:TCP\n\n')
  expect((await raw.ask('TiA 1.0\nStartDataTransmission\n\n')).command).toBe('OK')
  service.send(blocksOf(0))
  const data = connect({ port: Number(parameter), host: '127.0.0.1' })
  await once(data, 'connect')
  await waitFor(() => service.isWanted)
  service.send(blocksOf(1))
  const [bytes] = (await once(data, 'data')) as [Buffer]
  expect(bytes.readBigUInt64LE(17)).toBe(0n)
  await raw.ask('TiA 1.0\nStopDataTransmission\n\n')
  service.send(blocksOf(2))
  await raw.ask('TiA 1.0\nStartDataTransmission\n\n')
  service.send(blocksOf(3))
  const [next] = (await once(data, 'data')) as [Buffer]
  expect([next.readBigUInt64LE(9), next.readBigUInt64LE(17)]).toEqual([3n, 1n])
  data.destroy()
  await waitFor(() => !service.isWanted)
  expect(reasonOf(await raw.ask('TiA 1.0\nStartDataTransmission\n\n'))).toContain('ask for another')
  expect((await raw.ask('TiA 1.0\nGetDataConnection:TCP\n\n')).command).toBe('DataConnectionPort')
})

test('what is lost in the server shows in the numbers', async () => {
  await using service = await startService()
  await using client = await connectClient(service)
  await client.startStreamingDataTcp('127.0.0.1', await client.cmdGetDataConnectionTcp())
  await waitFor(() => service.isWanted)
  service.send(blocksOf(0))
  service.skip(5)
  service.send(blocksOf(6), 2)
  service.send(blocksOf(7))
  const packets: TiaPacket[] = []
  while (packets.length < 4) packets.push(...(await client.getData()))
  expect(packets.map(({ packetNumber }) => packetNumber)).toEqual([0, 6, 6, 7])
})

test('a client that does not read loses packets, and no other does', async () => {
  const meta = { ...META, signals: [{ ...META.signals[0]!, channels: Array.from({ length: 1000 }, (_, k) => `${k}`) }] }
  await using service = await startService({ meta, maxBacklog: 200_000 })
  await using raw = await RawControl.open(service.port)
  const { parameter } = await raw.ask('TiA 1.0\nGetDataConnection:TCP\n\n')
  const data = connect({ port: Number(parameter), host: '127.0.0.1' }).pause()
  await once(data, 'connect')
  await raw.ask('TiA 1.0\nStartDataTransmission\n\n')
  await using client = await connectClient(service)
  await client.startStreamingDataTcp('127.0.0.1', await client.cmdGetDataConnectionTcp())
  await waitFor(() => service.isWanted)
  const big = [block(0, 1000, 50, (_, k) => k)]
  const packets: TiaPacket[] = []
  let sent = 0
  while (service.counters.droppedPackets < 10) {
    service.send(big)
    sent += 1
    packets.push(...(await client.getData()))
  }
  while (packets.length < sent) packets.push(...(await client.getData()))
  expect(packets.map(({ packetNumber }) => packetNumber)).toEqual(packets.map((_, k) => k))
  data.destroy()
})

test('clients of one subnet share what is sent over UDP', async () => {
  await using service = await startService()
  await using one = await connectClient(service)
  await using two = await connectClient(service)
  for (const client of [one, two]) await client.startStreamingDataUdp(await client.cmdGetDataConnectionUdp())
  const sent = { n: 0 }
  const [first, second] = await Promise.all([
    packetsOf(one, () => service.send(blocksOf(sent.n++)), 10),
    packetsOf(two, () => {}, 10)
  ])
  expect(first.map(({ packetNumber }) => packetNumber)).toEqual(first.map((_, k) => k))
  expect(second.slice(0, 10)).toEqual(first.slice(0, 10))
  await one.stopStreamingData()
  expect(service.isWanted).toBe(true)
  await two.stopStreamingData()
  expect(service.isWanted).toBe(false)
})

test('packets of UDP can go to one address, which has to be allowed', async () => {
  await using service = await startService({ udpAddress: '127.0.0.1' })
  await using client = await connectClient(service)
  await client.startStreamingDataUdp(await client.cmdGetDataConnectionUdp())
  const [packet] = await packetsOf(client, (n) => service.send(blocksOf(n)), 1)
  expect(packet!.signalTypes).toEqual(['eeg', 'emg', 'user1'])
  await expect(startService({ udpAddress: '10.255.255.255' })).rejects.toThrow(ConfigError)
})

test('blocks that do not go into a datagram are refused for UDP', async () => {
  const meta = { ...META, signals: [{ ...META.signals[0]!, blockSize: 60_000 }] }
  await using service = await startService({ meta })
  await using client = await connectClient(service)
  await expect(client.cmdGetDataConnectionUdp()).rejects.toThrow('too large for a datagram')
})

test('custom signals: the counts and channels of libtia, and what is not decimated unchanged', async () => {
  await using service = await startService()
  await using client = await connectClient(service)
  const wanted = [
    { bit: 0, factor: 1, channels: [0, 2] },
    { bit: 1, factor: 2, channels: [0, 1] }
  ]
  await client.cmdSetCustomSignalInfo(wanted, META)
  const [expected] = [...new MessageReader().push(Buffer.from(libtia.control![16]!.recv))]
  const meta = await client.cmdGetMetaInfo()
  expect(meta).toEqual(parseMetaInfo(expected!.content))
  await expect(client.cmdSetCustomSignalInfo(wanted, META)).rejects.toThrow('already')
  await expect(client.cmdGetDataConnectionUdp()).rejects.toThrow('TCP only')
  await client.startStreamingDataTcp('127.0.0.1', await client.cmdGetDataConnectionTcp())
  await waitFor(() => service.isWanted)
  const packets = await packetsOf(client, (n) => service.send(blocksOf(n)), 30)
  const shapes = libtia.customPackets!.map(({ signals }) =>
    signals.map(({ flagBit, channels, samplesPerChannel }) => [flagBit, channels, samplesPerChannel])
  )
  for (const { packetNumber, blocks } of packets) {
    expect(blocks.map(({ bit, channels, blockSize }) => [bit, channels, blockSize])).toEqual(shapes[0])
    const whole = blocksOf(packetNumber)[0]!
    expect([...blocks[0]!.data]).toEqual([...whole.data.subarray(0, 2), ...whole.data.subarray(4)])
  }
  // Behind the low-pass a ramp of −1 per sample falls by 2 per sample that is kept.
  const emg = packets.slice(20).flatMap(({ blocks }) => [...blocks[1]!.data.subarray(0, 2)])
  for (const [k, value] of emg.slice(1).entries()) expect(value - emg[k]!).toBeCloseTo(-2, 1)
})

test('a signal that is decimated by more than its block is left out of packets', async () => {
  await using service = await startService()
  await using client = await connectClient(service)
  await client.cmdSetCustomSignalInfo([{ bit: 1, factor: 10, channels: [1] }], META)
  await client.startStreamingDataTcp('127.0.0.1', await client.cmdGetDataConnectionTcp())
  await waitFor(() => service.isWanted)
  const packets = await packetsOf(client, (n) => service.send(blocksOf(n)), 8)
  expect(packets.map(({ packetNumber }) => packetNumber)).toEqual(packets.map((_, k) => k))
  expect(packets.map(({ blocks }) => blocks[0]!.blockSize)).toEqual(packets.map(() => 1))
  // Samples 0, 10, 20 … of blocks of 4.
  expect(packets.slice(0, 5).map(({ packetId }) => packetId - packets[0]!.packetId)).toEqual([0, 2, 5, 7, 10])
})

test.each([
  ['<tiaCustomSignalInfo version="1.0"/>', 'expected a signal'],
  ['<oops', 'XML'],
  ['<other/>', 'got <other>'],
  ['SIGNAL type="nirs"', "'nirs' is not offered"],
  ['SIGNAL type="eeg" numChannels="1"', 'lists 2'],
  ['SIGNAL type="eeg" label="Oz"', "not labelled 'Oz'"],
  ['SIGNAL type="eeg" downsamplingFactor="0"', '1–65535']
])('custom signals that cannot be are refused: %s', async (given, reason) => {
  const attribute = (name: string, value: string): string => new RegExp(` ${name}="(.*?)"`).exec(given)?.[1] ?? value
  const xml = given.startsWith('SIGNAL')
    ? `<tiaCustomSignalInfo version="1.0"><signal type="${attribute('type', 'eeg')}" samplingRate="100" blockSize="2" ` +
      `downsamplingFactor="${attribute('downsamplingFactor', '1')}" numChannels="${attribute('numChannels', '2')}">` +
      `<channel nr="1" label="Fz"/><channel nr="3" label="${attribute('label', 'Pz')}"/></signal></tiaCustomSignalInfo>`
    : given
  await using service = await startService()
  await using raw = await RawControl.open(service.port)
  const answer = await raw.ask(`TiA 1.0\nSetCustomSignalInfo\nContent-Length:${Buffer.byteLength(xml)}\n\n${xml}`)
  expect(answer.command).toBe('ValidationError')
  expect(answer.content).toContain(reason)
})

test('whoever asks for the state hears that the server runs, and that it ends', async () => {
  const service = await startService()
  await using client = await connectClient(service)
  const port = await client.cmdGetServerStateConnection()
  const states: string[] = []
  const heard = (async () => {
    for await (const state of client.serverStates(port)) states.push(state)
  })()
  await waitFor(() => states.length === 1)
  await service.close()
  await heard
  expect(states).toEqual(['running', 'shutdown'])
  await expect(client.cmdCheckProtocolVersion()).rejects.toThrow(DeviceError)
})

test('errors of a server are errors of the call, and name it', async () => {
  await using service = await startService({ maxClients: 1 })
  await using client = await connectClient(service)
  const failure = client.stopStreamingData()
  await expect(failure).rejects.toThrow(TiaCommandError)
  await expect(failure).rejects.toThrow(/TiA server 127.0.0.1:\d+: StopDataTransmission was refused: ask for a data/)
  await using other = await connectClient(service)
  await expect(other.cmdCheckProtocolVersion()).rejects.toThrow(/no more than 1 clients|has closed|that was not asked/)
  await expect(client.startStreamingDataTcp('127.0.0.1', service.port + 1)).rejects.toThrow('no connection')
})

test('beyond loopback only when asked for, and a port that is taken is an error', async () => {
  await expect(startService({ host: '0.0.0.0' })).rejects.toThrow(ConfigError)
  await using service = await startService()
  await expect(startService({ port: service.port })).rejects.toThrow(/cannot serve at 127.0.0.1:\d+: .*EADDRINUSE/)
})

test('a server that is not there, or silent, or ends, is an error of the client', async () => {
  const service = await startService({ isDeaf: () => true })
  await using client = await connectClient(service, { timeout: 100, silence: 50 })
  await expect(client.cmdGetMetaInfo()).rejects.toThrow('no answer to GetMetaInfo within 100 ms')
  const { port } = service
  await service.close()
  await expect(connectClient({ port })).rejects.toThrow(/no connection to 127.0.0.1:\d+: .*ECONNREFUSED/)
})
