import { readFile, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempFolder, waitFor } from 'testing'
import { expect, test } from 'vitest'
import { Mw75, Mw75Server, Mw75Simulator, parseFault } from '../../src/index.ts'
import { SerialSource } from '../../src/servers/mw75/SerialSource.ts'
import { MW75_FAULTS } from '../../src/simulators/mw75/mw75Faults.ts'
import { SimulatedHeadset, type HeadsetStream } from '../../src/simulators/mw75/SimulatedHeadset.ts'
import { PseudoTerminal } from '../../src/simulators/PseudoTerminal.ts'
import { collect } from '../collect.ts'
import { MessageReader } from './MessageReader.ts'

const QUICK = { firstDelay: 10, longestDelay: 50, settle: 10 }

/** A headset at a pseudo-terminal: it streams while somebody has the port open. */
async function plugIn(headset: SimulatedHeadset): Promise<PseudoTerminal> {
  let stream: HeadsetStream | undefined
  const terminal = await PseudoTerminal.open({
    data: () => {},
    open: () => (stream = headset.stream((piece) => terminal.write(piece))),
    close: () => stream?.close()
  })
  return terminal
}

test('another server: samples keep their times, and its errors and losses go through', async () => {
  await using simulator = await Mw75Simulator.start({ reconnecting: QUICK })
  await using server = await Mw75Server.start({ source: simulator.address, reconnecting: QUICK })
  await using reader = await MessageReader.open(server.address)
  simulator.inject(parseFault('bleError', MW75_FAULTS))
  reader.send('connect', { auto_reconnect: true, log_level: 'INFO' })
  expect((await reader.until('error')).data).toMatchObject({
    code: 'BLE_ACTIVATION_FAILED',
    message: 'MW75 device not found or BLE activation failed'
  })
  expect((await reader.until('status', { state: 'connected' })).data['battery_level']).toBe(85)
  await waitFor(() => reader.samples.length > 50)
  const counters = reader.samples.slice(0, 50).map(({ data }) => data['counter'])
  expect(counters).toEqual(counters.map((_, k) => k))
  const times = reader.samples.map(({ data }) => Number(data['timestamp']))
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  simulator.inject(parseFault('linkLost', MW75_FAULTS))
  await reader.until('status', { state: 'disconnected' })
  await reader.until('status', { state: 'connected' })
  simulator.inject(parseFault('drop', MW75_FAULTS))
  expect((await reader.until('error')).data).toMatchObject({ code: 'DEVICE_ERROR' })
  await reader.until('status', { state: 'connected' })
  const { address } = simulator
  await simulator.close()
  expect((await reader.until('error', { code: 'RECONNECT_FAILED' })).data['message']).toContain(address)
})

test.skipIf(process.platform !== 'linux')(
  'a serial port: from the bytes at the port to the samples of a graph, and again',
  async () => {
    await using folder = await tempFolder()
    const path = join(folder.path, 'rfcomm0')
    await using server = await Mw75Server.start({
      source: new SerialSource(path, { timeout: 500, patience: 400 }),
      reconnecting: QUICK
    })
    await using node = new Mw75({ name: 'ears' })
    await node.configure({ url: server.address })
    await node.initialize()
    const eeg = node.outputs['eeg']!
    const { done } = await collect(eeg)
    // There is no port yet.
    await node.start()
    await waitFor(() => node.outputs['events']!.index >= 2)
    const headset = new SimulatedHeadset()
    let terminal = await plugIn(headset)
    await symlink(terminal.path, path)
    await waitFor(() => eeg.index > 50)
    headset.inject(parseFault('lose=5', MW75_FAULTS))
    headset.inject(parseFault('radioGarbage=50', MW75_FAULTS))
    await waitFor(() => eeg.index > 100)
    const before = eeg.index
    terminal.close()
    await unlink(path)
    terminal = await plugIn(headset)
    await symlink(terminal.path, path)
    await waitFor(() => eeg.index > before + 100)
    // Nothing comes, but the port stays.
    headset.inject(parseFault('silence=1', MW75_FAULTS))
    const quiet = eeg.index
    await waitFor(() => eeg.index > quiet + 300)
    await node.stop()
    terminal.close()
    const { data, gaps } = await done
    const sizes = gaps.map(({ from, to }) => to - from)
    expect(sizes[0]).toBe(5)
    expect(sizes.length).toBeGreaterThanOrEqual(3)
    expect(data.length + sizes.reduce((sum, size) => sum + size, 0)).toBe(eeg.index)
  }
)

test.skipIf(process.platform !== 'linux')(
  'a program activates the headset at a serial port, tells its battery, and lets it stop; one that fails is told',
  async () => {
    await using folder = await tempFolder()
    const program = join(folder.path, 'activate')
    const done = join(folder.path, 'done')
    await writeFile(program, `#!/bin/sh\necho $1 >> ${done}\necho found it >&2\necho 72\n`, { mode: 0o755 })
    const terminal = await plugIn(new SimulatedHeadset())
    await using server = await Mw75Server.start({ source: `serial:${terminal.path}`, activate: program })
    await using reader = await MessageReader.open(server.address)
    reader.send('connect', { log_level: 'INFO' })
    await reader.until('log', { message: /found it$/ })
    expect((await reader.until('status', { state: 'connected' })).data['battery_level']).toBe(72)
    await waitFor(() => reader.samples.length > 10)
    reader.send('disconnect')
    await reader.until('status', { state: 'idle', message: 'Disconnected from MW75 device' })
    expect(await readFile(done, 'utf8')).toBe('start\nstop\n')
    await writeFile(program, '#!/bin/sh\nexit 3\n', { mode: 0o755 })
    reader.send('connect')
    expect((await reader.until('error')).data).toMatchObject({ code: 'BLE_ACTIVATION_FAILED' })
    terminal.close()
  }
)
