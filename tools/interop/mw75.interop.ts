import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Mw75, Mw75Client, Mw75Server, Mw75Simulator } from '@nodeacq/nodes'
import { InputStream, type Gap } from '@nodeacq/stream'
import { startCommand, tempFolder, waitFor } from 'testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import { PYTHON, runPython, startPython, tell } from './python.ts'

const hasStreamer = await promisify(execFile)(PYTHON, ['-c', 'import websockets, mw75_streamer']).then(
  () => true,
  () => false
)
if (!hasStreamer) console.log(`skipped: the original server of MW75: ${PYTHON} has no package 'mw75-streamer'`)

test.skipIf(!hasStreamer)(
  'a graph takes the samples of the original server, and goes on when its link is lost',
  async () => {
    await using server = await startPython('mw75_server.py')
    const url = (await server.line(/^ADDRESS /)).slice('ADDRESS '.length)
    await using node = new Mw75({ name: 'ears' })
    await node.configure({ url })
    await node.initialize()
    const input = new InputStream({ delivery: 'complete' })
    await input.connect(node.outputs['eeg']!)
    input.startRun()
    await node.start()
    // The channels of the stand-in are 100, 200 … more than the counter, of the raw scale.
    const counters: number[] = []
    const gaps: Gap[] = []
    let hasDropped = false
    for await (const { data, gaps: before, index } of input.chunks()) {
      gaps.push(...before)
      counters.push(...(data.toNested() as number[][]).map((row) => Math.round(row[11]! / 0.023842 - 1200)))
      if (counters.length > 400 && !hasDropped) {
        tell(server, 'drop')
        hasDropped = true
      }
      if (counters.length > 800 && gaps.length > 0 && index > 0) break
    }
    await node.stop()
    await input.close()
    const restarts = counters.flatMap((counter, k) => (k > 0 && counter !== counters[k - 1]! + 1 ? [k] : []))
    expect(gaps).toHaveLength(1)
    expect(restarts).toEqual([gaps[0]!.from])
    expect(gaps[0]!.to - gaps[0]!.from).toBeGreaterThan(250)
    expect(node.status().counters).toMatchObject({ badMessages: 0, reconnects: 0 })
  }
)

test.skipIf(!hasStreamer)(
  'our server gives the headset of the original one to a client as its manual has it',
  async () => {
    await using original = await startPython('mw75_server.py')
    const source = (await original.line(/^ADDRESS /)).slice('ADDRESS '.length)
    await using upstream = await Mw75Server.start({ source })
    await using simulator = await Mw75Simulator.start()
    for (const { address } of [upstream, simulator]) {
      const lines = await runPython('../../../examples/mw75/client.py', [address, '300'])
      const report = JSON.parse(lines.find((line) => line.startsWith('REPORT '))!.slice('REPORT '.length)) as {
        readonly counters: readonly number[]
      }
      expect(report).toMatchObject({
        states: ['idle', 'connecting', 'connected', 'disconnecting', 'idle'],
        errors: [],
        battery: 85
      })
      expect(report.counters.slice(0, 300)).toEqual(Array.from({ length: 300 }, (_, k) => k % 256))
    }
  }
)

test.skipIf(!hasStreamer)('the test servers of the original count every sample that is forwarded', async () => {
  await using sink = await startPython('mw75_sink.py')
  const ports = (await sink.line(/^ADDRESSES /)).split(' ').slice(1)
  await using server = await Mw75Server.start({
    source: 'simulator',
    forward: ports.map((port) => `ws://127.0.0.1:${port}`)
  })
  const { forwarders } = server
  await waitFor(() => forwarders.every(({ isConnected }) => isConnected))
  await using client = await Mw75Client.open(server.address)
  await client.connectHeadset()
  await waitFor(() => forwarders.every(({ counts }) => counts.sent > 300))
  await server.close()
  tell(sink, '')
  const [simple, advanced, dropped] = (await sink.line(/^COUNTED /)).split(' ').slice(1).map(Number)
  expect([simple, advanced, dropped]).toEqual([...forwarders.map(({ counts }) => counts.sent), 0])
})

const hasBus = await promisify(execFile)('dbus-daemon', ['--version']).then(
  () => true,
  () => false
)
if (!hasBus) console.log('skipped: activation of an MW75 by BlueZ: there is no dbus-daemon')

test.skipIf(!hasStreamer || !hasBus)(
  'a headset is found, told to stream, and told to stop, over the bus of BlueZ',
  async () => {
    await using folder = await tempFolder()
    const address = `unix:path=${join(folder.path, 'bus')}`
    await using bus = await startCommand('dbus-daemon', [
      '--session',
      '--nofork',
      '--print-address',
      `--address=${address}`
    ])
    await bus.line(/^unix:/)
    vi.stubEnv('DBUS_SYSTEM_BUS_ADDRESS', address)
    onTestFinished(() => void vi.unstubAllEnvs())
    await using bluez = await startPython('bluez.py')
    await bluez.line(/^READY/)
    // What follows activation, the data link, has no port here.
    await using server = await Mw75Server.start({ source: `serial:${join(folder.path, 'rfcomm0')}` })
    await using client = await Mw75Client.open(server.address)
    const heard: string[] = []
    client.on('message', (message) => {
      if (message.type === 'error') heard.push(message.code)
      if (message.type === 'log') heard.push(message.text.replace(/^.* - /, ''))
    })
    await client.connectHeadset({ logLevel: 'DEBUG' })
    await waitFor(() => heard.includes('RFCOMM_CONNECTION_FAILED'), { what: () => heard.join('\n') })
    expect(heard).toEqual(
      expect.arrayContaining(['Scanning for MW75...', 'BLE Response: 099a0360f1', 'BLE Response: 099a0314f155'])
    )
    await waitFor(() => bluez.lines.length === 7)
    expect(bluez.lines.slice(1)).toEqual([
      'SCANNED',
      'COMMAND 099a036001',
      'COMMAND 099a034101',
      'COMMAND 099a0314ff',
      'COMMAND 099a034100',
      'COMMAND 099a036000'
    ])
  }
)
