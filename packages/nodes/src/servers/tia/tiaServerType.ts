import type { InputStream } from '@nodeacq/stream'
import { FileReplay } from '../../devices/FileReplay.ts'
import { TiaSignalServer } from '../../devices/tia/server/TiaSignalServer.ts'
import { TiaServer } from '../../devices/TiaServer.ts'
import { testSignal } from '../../simulators/testSignal.ts'
import type { DeviceServerOptions, DeviceServerType, RunningDeviceServer } from '../Server.ts'

/** `nodeacq serve tia`: a recording, or a test signal, for programs that speak TiA. */
export const tiaServerType: DeviceServerType = {
  description: 'Serves signals to programs that speak TiA 1.0, over TCP and UDP.',
  defaultPort: 9000,
  flags: [
    { name: 'file', value: 'path', about: 'recording to play again and again (default: a test signal)' },
    { name: 'type', value: 'type', about: "type of the signal, one of TiA's such as eeg or emg", fallback: 'eeg' }
  ],
  examples: ['nodeacq serve tia', 'nodeacq serve tia --file sleep.edf --port 9100'],
  start: async (options) => (options.own['file'] === undefined ? await serveTest(options) : await serveFile(options))
}

const TEST = { channels: 8, sampleRate: 256, blockSize: 8 }
/** Amplitude of the test signal. */
const AMPLITUDE = 500

async function serveTest({ own, ...place }: DeviceServerOptions): Promise<RunningDeviceServer> {
  const { channels, sampleRate, blockSize } = TEST
  const values = new Float32Array(channels * blockSize)
  const shape = { rate: sampleRate, count: channels }
  let first = 0
  const callback = (): Float32Array => {
    for (let channel = 0, at = 0; channel < channels; channel++) {
      for (let k = 0; k < blockSize; k++, at++) values[at] = AMPLITUDE * testSignal(first + k, channel, shape)
    }
    first += blockSize
    return values
  }
  const type = String(own['type'])
  const server = await TiaSignalServer.start({ ...place, signals: [{ ...TEST, signalType: type, callback }] })
  return {
    address: server.address,
    hints: [`signal ${type}: ${channels} channels, ${sampleRate} Hz, a test signal`],
    ended: server.ended,
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close()
  }
}

async function serveFile({ own, host, port, insecure }: DeviceServerOptions): Promise<RunningDeviceServer> {
  const replay = new FileReplay({ name: 'file' })
  const server = new TiaServer({ name: 'tia' })
  const close = async (): Promise<void> => {
    await replay[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  }
  try {
    await replay.configure({ file: String(own['file']), loop: true })
    await replay.initialize()
    const signals = typesOf(Object.keys(replay.outputs), String(own['type']))
    await server.configure({ host, port, insecure, signals })
    for (const name of Object.keys(signals)) {
      await (server.stream('input', name) as InputStream).connect(replay.outputs[name]!)
    }
    await server.initialize()
    await server.start()
    await replay.start()
  } catch (error) {
    await close()
    throw error
  }
  return {
    address: server.address,
    hints: Object.values(server.inputs).map(({ owner, info }) => `input ${owner.name}: ${info.sampleRate} Hz`),
    ended: Promise.race([replay.finished(), server.finished()]).then((error) => {
      if (error !== undefined) throw error
    }),
    close,
    [Symbol.asyncDispose]: close
  }
}

/** The type of TiA for each output of a recording, as far as there are types. */
function typesOf(outputs: readonly string[], type: string): Record<string, string> {
  const others = outputs.filter((name) => name !== 'signals' && name !== 'events').slice(0, 4)
  return {
    signals: type,
    ...Object.fromEntries(others.map((name, k) => [name, `user${k + 1}`])),
    ...(outputs.includes('events') && { events: 'event' })
  }
}
