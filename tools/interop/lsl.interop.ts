import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LslStreamOutlet, resolveLslStreams, type LslSettings } from '@nodeacq/nodes'
import { freeUdpPort, startCommand, tempFolder, waitFor, type TestProcess } from 'testing'
import { expect, test } from 'vitest'
import { PYTHON, PYTHON_ENV, tell } from './python.ts'

const problem = await promisify(execFile)(PYTHON, ['-c', 'import pylsl']).then(
  () => undefined,
  (error: Error) => error.message.split('\n').findLast((line) => line.trim() !== '')
)
if (problem !== undefined) console.log(`skipped: LSL with pylsl: ${problem}`)

/** pylsl in a process of its own, among streams that nobody else sees. */
class Peer implements AsyncDisposable {
  readonly process: TestProcess
  #taken = 1

  private constructor(process: TestProcess) {
    this.process = process
  }

  static async start(config: string): Promise<Peer> {
    const script = new URL('./python/lsl_peer.py', import.meta.url).pathname
    const process = await startCommand(PYTHON, [script], { env: { ...PYTHON_ENV, LSLAPICFG: config } })
    await waitFor(() => process.lines.length > 0 || process.end !== undefined, { what: 'pylsl' })
    return new Peer(process)
  }

  async ask<T = Record<string, unknown>>(order: object): Promise<T> {
    tell(this.process, order)
    const at = this.#taken++
    await waitFor(() => this.process.lines.length > at || this.process.end !== undefined, {
      what: `an answer of pylsl to ${JSON.stringify(order)}`,
      timeout: 60_000
    })
    return JSON.parse(this.process.lines[at]!) as T
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]()
  }
}

interface World extends AsyncDisposable {
  readonly settings: Partial<LslSettings>
  readonly peer: Peer
  /** File that says the same to pylsl. */
  readonly config: string
}

/** Ports and a session of our own, and pylsl in it. */
async function world(): Promise<World> {
  const stack = new AsyncDisposableStack()
  const folder = stack.use(await tempFolder())
  const multicastPort = await freeUdpPort()
  const basePort = 20_000 + ((process.pid * 31 + multicastPort * 7) % 20_000)
  const sessionId = `interop-${process.pid}-${multicastPort}`
  const config = join(folder.path, 'lsl_api.cfg')
  await writeFile(
    config,
    `[ports]
MulticastPort=${multicastPort}
BasePort=${basePort}
IPv6=disable
[multicast]
ResolveScope=machine
[lab]
KnownPeers={127.0.0.1}
SessionID=${sessionId}
[log]
level=-2
`
  )
  const peer = stack.use(await Peer.start(config))
  const settings = { multicastPort, basePort, sessionId, scope: 'machine' as const }
  return { settings, peer, config, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const FORMATS = ['float32', 'double64', 'string', 'int32', 'int16', 'int8', 'int64'] as const

/** Five samples of two channels, with the largest values of the format, and their bytes. */
function samplesOf(format: (typeof FORMATS)[number]): { rows: (number | string)[][]; bytes: Uint8Array } {
  const pair = (low: number, high: number): number[][] => [
    [0, 1],
    [-1, 2],
    [low, high],
    [3, -4],
    [high, low]
  ]
  const typed = (rows: number[][], array: { buffer: ArrayBufferLike }): ReturnType<typeof samplesOf> => ({
    rows,
    bytes: new Uint8Array(array.buffer)
  })
  switch (format) {
    case 'float32': {
      const rows = pair(-1.5e-40, 3e38).map((row) => [...Float32Array.from(row)])
      return typed(rows, Float32Array.from(rows.flat()))
    }
    case 'double64': {
      const rows = pair(-5e-324, 1.7e308)
      return typed(rows, Float64Array.from(rows.flat()))
    }
    case 'int8': {
      const rows = pair(-128, 127)
      return typed(rows, Int8Array.from(rows.flat()))
    }
    case 'int16': {
      const rows = pair(-32_768, 32_767)
      return typed(rows, Int16Array.from(rows.flat()))
    }
    case 'int32': {
      const rows = pair(-2_147_483_648, 2_147_483_647)
      return typed(rows, Int32Array.from(rows.flat()))
    }
    case 'int64': {
      const rows = pair(-9_007_199_254_740_991, 9_007_199_254_740_991)
      return typed(rows, BigInt64Array.from(rows.flat().map(BigInt)))
    }
    case 'string':
      return {
        rows: [
          ['', 'a'],
          ['é€😀', '<x>&'],
          ['x'.repeat(300), '\n'],
          ['1', '2'],
          ['z', 'y'.repeat(70_000)]
        ],
        bytes: new Uint8Array()
      }
  }
}

test.skipIf(problem !== undefined)('pylsl reads every format of our outlets: exact values and stamps', async () => {
  await using here = await world()
  for (const channelFormat of FORMATS) {
    const name = `ours 'n' ${channelFormat}`
    const labels = ['Fp1', 'α <&>'].map((label) => ({
      name: 'channel',
      attributes: {},
      children: [{ name: 'label', attributes: {}, children: [], text: label }]
    }))
    const desc = {
      name: 'desc',
      attributes: {},
      children: [{ name: 'channels', attributes: {}, children: labels }]
    }
    await using outlet = await LslStreamOutlet.open(
      { name, type: 'EEG', channelCount: 2, channelFormat, nominalRate: 100, sourceId: `id-${channelFormat}`, desc },
      { settings: here.settings }
    )
    const predicate = `name=concat('ours ',"'",'n',"'",' ${channelFormat}') and count(desc/channels/channel)=2`
    const opened = await here.peer.ask({ do: 'inlet', name, predicate })
    expect(opened).toMatchObject({ found: true, name, uid: outlet.info.uid, rate: 100, channels: 2 })
    expect(opened['xml']).toContain('<label>α &lt;&amp;&gt;</label>')
    await waitFor(() => outlet.consumerCount === 1)
    const { rows, bytes } = samplesOf(channelFormat)
    const push = (stamp: number | Float64Array): void =>
      channelFormat === 'string' ? outlet.pushTexts(rows as string[][], stamp) : outlet.pushNumbers(bytes, stamp)
    push(1000.5)
    push(Float64Array.of(2000, NaN, 2001.25, 2001.5, NaN))
    const { samples, stamps } = await here.peer.ask<{ samples: unknown[]; stamps: number[] }>({
      do: 'pull',
      name,
      count: 10
    })
    expect(samples).toEqual([...rows, ...rows])
    const first = 1000.5 - 4 / 100
    const expected = [0, 1, 2, 3, 4].map((k) => first + k / 100)
    for (const [k, stamp] of [...expected, 2000, 2000.01, 2001.25, 2001.5, 2001.51].entries()) {
      expect(stamps[k]).toBeCloseTo(stamp, 9)
    }
    await here.peer.ask({ do: 'close', name })
  }
})

test.skipIf(problem !== undefined)('our search finds streams of pylsl and no others', async () => {
  await using here = await world()
  for (const name of ['one', 'two', 'three']) {
    await here.peer.ask({ do: 'open', name, type: 'EEG', channels: 3, format: 'float32', rate: 250 })
  }
  const find = async (predicate: string): Promise<string[]> => {
    const found = await resolveLslStreams({ settings: here.settings, predicate, timeout: 2 })
    return found.map(({ name }) => name).toSorted()
  }
  expect(await find("type='EEG'")).toEqual(['one', 'three', 'two'])
  expect(await find("name='two' or contains(name, 'x')")).toEqual(['two'])
  expect(await find("name='")).toEqual([])
})
