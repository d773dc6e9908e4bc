import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { OpenEphys, OpenEphysFalcon, OpenEphysSimulator, RelaySimulator, type OpenEphysPlugin } from '@nodeacq/nodes'
import { InputStream } from '@nodeacq/stream'
import { startCommand, waitFor } from 'testing'
import { expect, test } from 'vitest'
import { PYTHON, runPython, startPython } from './python.ts'

const PACKAGES = ['zmq', 'flatbuffers', 'open_ephys.streaming']
const hasPackages = await promisify(execFile)(PYTHON, ['-c', `import numpy, ${PACKAGES.join(', ')}`]).then(
  () => true,
  () => false
)
if (!hasPackages) console.log(`skipped: programs for Open Ephys: ${PYTHON} lacks one of ${PACKAGES.join(', ')}`)

const pyacq = process.env['PYACQ_SRC']
if (!pyacq) console.log('skipped: the relay node of the real pyacq: PYACQ_SRC does not name a checkout of it')

const STREAMS = [{ name: 'Rhythm Data', sampleRate: 1000, channelCount: 4 }]
/** µV of the simulator's ramp, and of the one in Python. */
const rampOf = (n: number) => ((n % 1000) - 500) / 5

interface Report {
  readonly zmq: {
    readonly answers: readonly string[]
    readonly steps: readonly number[]
    readonly channels: readonly (readonly [number, string])[]
    readonly ramp: readonly (readonly [number, number])[]
    readonly kinds: Readonly<Record<string, string>>
    readonly ttl: readonly number[]
    readonly spike: readonly unknown[]
  }
  readonly falcon: {
    readonly ids: readonly number[]
    readonly blocks: readonly {
      readonly stream: string
      readonly rate: number
      readonly sample: number
      readonly ramp: readonly number[]
      readonly codes: readonly number[]
      readonly fits: boolean
    }[]
  }
  readonly events: readonly Readonly<Record<string, unknown>>[]
}

test.skipIf(!hasPackages)('programs in Python take what the simulators of the three plugins send', async () => {
  const start = (plugin: OpenEphysPlugin) => OpenEphysSimulator.start({ plugin, streams: STREAMS })
  await using gui = await start('ZMQ Interface')
  await using falcon = await start('Falcon Output')
  await using events = await start('Event Broadcaster')
  const urls = [gui.address, gui.requests!.address, falcon.address, events.address]
  const lines = await runPython('open_ephys_listen.py', urls)
  const report = JSON.parse(lines.find((line) => line.startsWith('REPORT '))!.slice('REPORT '.length)) as Report
  const { zmq } = report
  expect(zmq.answers).toEqual(['heartbeat received', 'message correctly parsed', 'JSON message could not be read'])
  expect(gui.requests!.events).toEqual([{ type: 3, sampleNumber: 0, id: 1, channel: 5 }])
  expect(zmq.steps).toEqual([1])
  expect(zmq.channels).toEqual([0, 1, 2, 3].map((channel) => [channel, `CH${channel + 1}`]))
  expect(zmq.kinds).toEqual({ data: 'DATA\0', event: 'EVENT\0', spike: 'EVENT\0' })
  expect(zmq.ramp.filter(([n, value]) => Math.abs(value - rampOf(n)) > 1e-4)).toEqual([])
  const [type, line, state, word, sample] = zmq.ttl
  expect([type, line, word, sample! % 500]).toEqual([3, 4, state === 1 ? 16 : 0, 0])
  expect(zmq.spike).toEqual(['Electrode 1', true, -80])
  const { ids, blocks } = report.falcon
  expect(ids).toEqual(ids.map((_, k) => ids[0]! + k))
  for (const { stream, rate, sample: first, ramp, fits } of blocks) {
    expect([stream, rate, fits]).toEqual(['Rhythm Data', 1000, true])
    expect(ramp.filter((value, k) => Math.abs(value - rampOf(first + k)) > 1e-4)).toEqual([])
  }
  const ttl = report.events.find((event) => event['event_type'] === 'ttl')
  expect(ttl).toMatchObject({ stream: 'Rhythm Data', sample_rate: 1000, line: 4, channel_name: 'TTL' })
  const spike = report.events.find((event) => event['event_type'] === 'spike')
  expect(spike).toMatchObject({ electrode: 'Electrode 1', num_channels: 1, amp1: 80 })
})

test.skipIf(!hasPackages)('the nodes take what a program in Python publishes as the plugins do', async () => {
  await using python = await startPython('open_ephys_gui.py')
  const line = await waitFor(() => python.lines[0])
  const { data, control, falcon } = JSON.parse(line) as Record<'data' | 'control' | 'falcon', string>
  await using gui = new OpenEphys({ name: 'gui' })
  await using other = new OpenEphysFalcon({ name: 'falcon' })
  await gui.configure({ url: data, controlUrl: control })
  await other.configure({ url: falcon })
  for (const node of [gui, other]) {
    await node.initialize()
    expect(node.outputs['signals']!.info).toMatchObject({ sampleRate: 1000, shape: [-1, 3] })
    await using input = new InputStream({ delivery: 'complete' })
    await input.connect(node.outputs['signals']!)
    input.startRun()
    await node.start()
    let first: number | undefined
    for await (const { data: chunk, index, gaps } of input.chunks()) {
      expect(gaps).toEqual([])
      for (let k = 0; k < chunk.length; k++) {
        const place = Math.round((chunk.get(k, 2) as number) * 5 + 500)
        first ??= place
        expect(place).toBe((first + index - chunk.length + k) % 1000)
      }
      // Beyond where its messages are counted anew.
      if (index > 4000) break
    }
    await node.stop()
    const { duplicates, badMessages } = node.status().counters
    expect([duplicates, badMessages]).toEqual([0, 0])
  }
  expect(gui.outputs['signals']!.info.channelInfo!.map(({ name }) => name)).toEqual(['PY0', 'PY1', 'PY2'])
  python.input.end()
  expect((await python.exited).code).toBe(0)
})

test.skipIf(!pyacq)('the relay node of the real pyacq takes the stream of our relay', async () => {
  await using relay = await RelaySimulator.start({ channelCount: 4, sampleRate: 1000 })
  const script = new URL('./python/real_pyacq_relay.py', import.meta.url).pathname
  const command = process.env['PYACQ_PYTHON'] ?? 'python3'
  const env = { PYTHONPATH: pyacq!, PYQTGRAPH_QT_LIB: 'PyQt5', QT_QPA_PLATFORM: 'offscreen' }
  await using python = await startCommand(command, [script, relay.address], { env })
  const { code } = await python.exited
  expect([code, python.errorLines]).toEqual([0, expect.anything()])
  const report = JSON.parse(python.lines.at(-1)!) as { shape: number[]; ramp: number[]; indexes: number[] }
  expect(report.shape[1]).toBe(4)
  const places = report.ramp.map((value) => Math.round(value * 5 + 500))
  expect(places.slice(1).map((place, k) => (place - places[k]! + 1000) % 1000)).toEqual(places.slice(1).map(() => 1))
  expect(places.length).toBeGreaterThan(300)
  expect(relay.isAcquiring).toBe(false)
})
