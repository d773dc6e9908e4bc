import { setTimeout as sleep } from 'node:timers/promises'
import { ConfigError, createManager, DeviceError, MissingPackageError } from '@nodeacq/core'
import { NdArray } from '@nodeacq/ndarray'
import { InputStream, OutputStream, type Gap } from '@nodeacq/stream'
import { missingPrograms, pactl, PulseServer, waitFor } from 'testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AudioDevice } from '../../src/index.ts'
import { childrenOf, isRunning } from '../childrenOf.ts'
import { collect } from '../collect.ts'

const RATE = 48_000
const SINKS = ['sink_name=null0 rate=48000 format=s16le', 'sink_name=mono rate=44100 channels=1']

/** Samples of silence before what counts: a null sink swallows the first milliseconds of a stream. */
const LEAD = RATE / 10

const missingFfmpeg = await missingPrograms('audio by ffmpeg', 'ffmpeg')
const missing = await missingPrograms('audio', 'pulseaudio', 'pactl', 'parec', 'pacat')

/** Plays `seconds` of a ramp to the end: sample k is k % 30000 + 1, and its negative on the other channel. */
async function playRamp(device: string, seconds: number, backend = 'auto'): Promise<void> {
  await using source = new OutputStream({ dtype: 'int16', shape: [-1, 2], sampleRate: RATE, flow: 'wait' })
  await source.configure()
  await using player = new AudioDevice({ name: 'speaker' })
  await player.configure({ outputDevice: device, sampleRate: RATE, backend })
  await player.input.connect(source)
  await player.initialize()
  source.startRun()
  await player.start()
  await source.send(NdArray.zeros([LEAD, 2], 'int16'))
  await source.send(rampOf(0, seconds * RATE))
  await source.endRun()
  expect(await player.finished()).toBeUndefined()
}

/** Waits for another 0.1 s of samples. */
async function moreFrom({ output }: AudioDevice): Promise<void> {
  const { index } = output
  await waitFor(() => output.index > index + RATE / 10)
}

function rampOf(from: number, count: number): NdArray {
  const values = Int16Array.from({ length: 2 * count }, (_, k) => {
    const value = ((from + (k >> 1)) % 30_000) + 1
    return k % 2 === 0 ? value : -value
  })
  return NdArray.fromTyped(values, [count, 2])
}

/** Where the ramp does not go on: `[place, samples that are missing there]`, from its first sample on. */
function jumpsOf(values: ArrayLike<number>): [at: number, missing: number][] {
  const jumps: [number, number][] = []
  let last = 0
  for (let k = 0; k < values.length; k++) {
    const value = values[k]!
    if (last !== 0 && value !== (last % 30_000) + 1) jumps.push([k, (value - last - 1 + 60_000) % 30_000])
    last = value
  }
  return jumps
}

test('without programs or devices the error says what to install, or what answers', async () => {
  const { PATH } = process.env
  try {
    process.env['PATH'] = '/nowhere'
    const node = new AudioDevice({ name: 'mic' })
    await expect(node.configure({ inputDevice: 'default' })).rejects.toThrow(MissingPackageError)
    await expect(node.configure({ inputDevice: 'default', backend: 'ffmpeg' })).rejects.toThrow(
      /AudioDevice 'mic' needs 'ffmpeg'.*apt install ffmpeg.*brew install ffmpeg.*winget install ffmpeg/
    )
    await expect(node.configure({})).rejects.toThrow(ConfigError)
    await node.close()
  } finally {
    process.env['PATH'] = PATH
  }
})

describe.skipIf(missing)('with a sound server of null sinks', () => {
  let server: PulseServer
  beforeAll(async () => {
    server = await PulseServer.start(...SINKS)
  })
  afterAll(() => server[Symbol.asyncDispose]())

  test('devices are listed as PyAudio lists them, and a null index removes its stream', async () => {
    await using node = new AudioDevice({ name: 'mic' })
    const specs = await node.listDeviceSpecs()
    expect(specs.map(({ index }) => index)).toEqual(specs.map((_, k) => k))
    const monitor = specs[await node.defaultInputDevice()]!
    const sink = specs[await node.defaultOutputDevice()]!
    expect(monitor).toMatchObject({ name: 'null0.monitor', maxInputChannels: 2, maxOutputChannels: 0 })
    expect(sink).toMatchObject({ name: 'null0', maxInputChannels: 0, maxOutputChannels: 2, defaultSampleRate: RATE })
    await node.configure({ inputDevice: monitor.index, sampleRate: 44_099.6, channelCount: 1, format: 'float32' })
    expect([Object.keys(node.inputs), Object.keys(node.outputs)]).toEqual([[], ['signals']])
    expect(node.output.info).toMatchObject({ sampleRate: 44_100, shape: [-1, 1], dtype: 'float32', scale: 1 })
    await node.configure({ outputDevice: sink.index, channelCount: 2 })
    expect([Object.keys(node.inputs), Object.keys(node.outputs)]).toEqual([['signals'], []])
    await node.configure({ inputDevice: 'default', outputDevice: 'default', channelCount: 2 })
    expect([Object.keys(node.inputs), Object.keys(node.outputs)]).toEqual([['signals'], ['signals']])
    expect(node.output.info).toMatchObject({ scale: 2 ** -15, channelCount: 2, streamType: 'analogsignal' })
    expect(node.output.info.channelInfo!.map(({ name }) => name)).toEqual(['front-left', 'front-right'])
    await expect(node.configure({ inputDevice: 'nobody' })).rejects.toThrow(
      /no audio device 'nobody'; those that can: .*1: null0.monitor/
    )
    await expect(node.configure({ inputDevice: 'null0' })).rejects.toThrow(/'null0' cannot record/)
    await expect(node.configure({ outputDevice: 99 })).rejects.toThrow(DeviceError)
    await expect(node.configure({ inputDevice: 0, format: 'int24' })).rejects.toThrow(ConfigError)
  })

  test('what one plays the other records, sample for sample, in two runs', async () => {
    await using recorder = new AudioDevice({ name: 'mic' })
    await recorder.configure({ inputDevice: 'null0.monitor', sampleRate: RATE, chunkSize: 480 })
    await recorder.initialize()
    for (let run = 0; run < 2; run++) {
      const { done } = await collect(recorder.output)
      await recorder.start()
      await moreFrom(recorder)
      await playRamp('null0', 0.75)
      await moreFrom(recorder)
      await recorder.stop()
      const { data, gaps, indexes } = await done
      expect(gaps).toEqual([])
      expect(data.length).toBe(recorder.output.index)
      expect(indexes.slice(0, -1).every((index) => index % 480 === 0)).toBe(true)
      const left = data.column(0).toContiguous().typed() as Int16Array
      const right = data.column(1).toContiguous().typed() as Int16Array
      expect(left.every((value, k) => right[k]! + value === 0)).toBe(true)
      // Where a busy machine was late to play, there is silence between two samples.
      const sound = left.filter((value) => value !== 0)
      expect(jumpsOf(sound)).toEqual([])
      expect(sound.length).toBe(0.75 * RATE)
    }
  })

  test.skipIf(missingFfmpeg)('by ffmpeg too, sample for sample', async () => {
    await using recorder = new AudioDevice({ name: 'mic' })
    await recorder.configure({ inputDevice: 'null0.monitor', sampleRate: RATE, backend: 'ffmpeg' })
    await recorder.initialize()
    const { done } = await collect(recorder.output)
    await recorder.start()
    await moreFrom(recorder)
    await playRamp('null0', 0.5, 'ffmpeg')
    await moreFrom(recorder)
    await recorder.stop()
    const { data, gaps } = await done
    expect(gaps).toEqual([])
    const left = data.column(0).toContiguous().typed() as Int16Array
    const sound = left.filter((value) => value !== 0)
    expect(jumpsOf(sound)).toEqual([])
    expect(sound.length).toBe(RATE / 2)
  })

  test('formats are scaled, mono goes to every channel, and silence is told once', async () => {
    await using recorder = new AudioDevice({ name: 'mic' })
    await recorder.configure({ inputDevice: 'null0.monitor', sampleRate: RATE, format: 'float32' })
    await recorder.initialize()
    const source = new OutputStream({ dtype: 'float64', shape: [-1, 1], sampleRate: RATE, flow: 'wait' })
    await source.configure()
    await using player = new AudioDevice({ name: 'speaker' })
    await player.configure({ outputDevice: 'null0', sampleRate: RATE, format: 'int32' })
    await player.input.connect(source)
    await player.initialize()
    const { done } = await collect(recorder.output)
    await recorder.start()
    await moreFrom(recorder)
    source.startRun()
    await player.start()
    const half = () => NdArray.fromTyped(new Float64Array(LEAD + RATE / 2).fill(-0.5, LEAD), [LEAD + RATE / 2, 1])
    await source.send(half())
    await waitFor(() => player.status().counters['underruns'] === 1)
    await source.send(half())
    await waitFor(() => player.status().counters['underruns'] === 2)
    await source.endRun()
    expect(await player.finished()).toBeUndefined()
    await moreFrom(recorder)
    await recorder.stop()
    await source.close()
    const { data } = await done
    const values = data.typed() as Float32Array
    // The sink has 16 bits.
    expect(values.filter((value) => value !== 0).every((value) => Math.abs(value + 0.5) < 2e-4)).toBe(true)
    expect(values.filter((value) => value !== 0).length).toBe(2 * RATE)
  })

  test('inputs that cannot be played are refused', async () => {
    await using player = new AudioDevice({ name: 'speaker' })
    await player.configure({ outputDevice: 'null0', sampleRate: RATE })
    await using source = new OutputStream({ dtype: 'uint8', shape: [-1, 3], sampleRate: 1000 })
    await source.configure()
    await player.input.connect(source)
    await expect(player.initialize()).rejects.toThrow(/got uint8.*samples, 2.*got \(-1, 3\).*48000 Hz, got 1000/)
  })

  test('through the end of program, server and device, and an overrun, what is missing is a gap of its size', async () => {
    // So much that the 4 MiB that the server keeps for a slow client are full in 1.4 s.
    const wide = ['module-null-sink', 'norewinds=1', 'sink_name=wide', 'rate=96000', 'channels=8', 'format=float32le']
    const loadWide = async () => (await pactl('load-module', ...wide)).stdout.trim()
    let module = await loadWide()
    await using manager = await createManager()
    const group = await manager.createNodeGroup({ name: 'sound' })
    const { pid } = await group.status()
    const node = await group.createNode('PyAudio', { name: 'mic' })
    const options = { inputDevice: 'wide.monitor', sampleRate: 96_000, channelCount: 8, format: 'float32' }
    await node.configure(options)
    await node.initialize()
    const input = new InputStream({ delivery: 'complete' })
    await input.connect(node.outputs['signals']!)
    input.startRun()
    await manager.startAll()
    const signalPrograms = async (signal: NodeJS.Signals) => {
      for (const child of await programsOf(pid)) process.kill(child, signal)
    }
    const faults = [
      () => signalPrograms('SIGKILL'),
      async () => {
        await server.kill()
        await server.restart()
        module = await loadWide()
      },
      async () => {
        // The server offers another device in its place, which must not pass for this one.
        await pactl('unload-module', module)
        module = await loadWide()
      },
      async () => {
        await signalPrograms('SIGSTOP')
        await sleep(2200)
        await signalPrograms('SIGCONT')
      }
    ]
    const gaps: Gap[] = []
    let received = 0
    let wanted = 48_000
    let started = 0
    let elapsed = 0
    for await (const { data, gaps: before } of input.chunks()) {
      if (started === 0) started = performance.now()
      received += data.length
      elapsed = performance.now() - started
      gaps.push(...before)
      if (received < wanted || gaps.length < 4 - faults.length) continue
      const fault = faults.shift()
      if (fault === undefined) break
      await fault()
      wanted = received + 48_000
    }
    const ledger = input.status()
    const [child] = await programsOf(pid)
    const { counters } = await node.status()
    await input.close()
    expect(ledger.lostSamples).toBe(0)
    expect(gaps.map(({ declared, cause }) => [declared, cause])).toEqual([1, 2, 3, 4].map(() => [true, 'device']))
    expect(counters['reconnects']).toBe(3)
    const seconds = gaps.map(({ from, to }) => (to - from) / 96_000)
    const missingSamples = gaps.reduce((sum, { from, to }) => sum + to - from, 0)
    expect(counters['missingSamples']).toBe(missingSamples)
    // Seconds are missing, and yet the index is where the clock is.
    const indexTime = (received + missingSamples) / 96_000
    process.stdout.write(
      `audio: ${seconds.map((gap) => gap.toFixed(3)).join(', ')} s are missing; index at ${indexTime.toFixed(3)} s, ` +
        `clock at ${(elapsed / 1000).toFixed(3)} s\n`
    )
    expect(Math.abs(indexTime - elapsed / 1000)).toBeLessThan(0.8)
    expect(Math.min(...seconds)).toBeGreaterThan(0.1)
    // No program is left of those that ended, and the last goes with the group, however it ends.
    expect(await programsOf(pid)).toEqual([child])
    process.kill(pid, 'SIGKILL')
    await waitFor(async () => !(await isRunning(child!)), { what: 'parec to end with its group' })
  }, 60_000)
})

/** Programs for audio that a process has started; none of them a zombie. */
async function programsOf(pid: number): Promise<number[]> {
  const children = (await childrenOf(pid)).filter(({ program }) => /parec|pacat|ffmpeg/.test(program))
  expect(children.filter(({ isZombie }) => isZombie)).toEqual([])
  return children.map((child) => child.pid)
}
