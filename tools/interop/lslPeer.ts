import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { LslStreamInlet, valuesOfBatch, type LslSettings, type LslStreamInfo } from '@nodeacq/nodes'
import { freeUdpPort, startCommand, tempFolder, waitFor, type TestProcess } from 'testing'
import { PYTHON, PYTHON_ENV, tell } from './python.ts'

/** Why pylsl cannot be used here; undefined when it can. */
export const problem = await promisify(execFile)(PYTHON, ['-c', 'import pylsl']).then(
  () => undefined,
  (error: Error) => error.message.split('\n').findLast((line) => line.trim() !== '')
)
if (problem !== undefined) console.log(`skipped: LSL with pylsl: ${problem}`)

/** pylsl in a process of its own, among streams that nobody else sees. */
export class Peer implements AsyncDisposable {
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
export async function world(): Promise<World> {
  const stack = new AsyncDisposableStack()
  const folder = stack.use(await tempFolder())
  const multicastPort = await freeUdpPort()
  const basePort = 20_000 + ((process.pid * 31 + multicastPort * 7) % 12_000)
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

interface Reading extends AsyncDisposable {
  readonly inlet: LslStreamInlet
  readonly rows: unknown[][]
  readonly stamps: number[]
}

/** Reads a stream until the end of the scope. */
export function read(info: LslStreamInfo, settings: Partial<LslSettings>, isLegacy = false): Reading {
  const inlet = new LslStreamInlet(info, { settings, isLegacy })
  const rows: unknown[][] = []
  const stamps: number[] = []
  const stop = new AbortController()
  const { channelCount, channelFormat } = info
  const done = inlet.run(stop.signal, {
    onSamples: (batch) => {
      stamps.push(...batch.stamps)
      const values =
        channelFormat === 'string'
          ? batch.texts.flat()
          : Array.from<number | bigint>(valuesOfBatch(batch, channelFormat))
      for (let k = 0; k < batch.count; k++) {
        const row = values.slice(k * channelCount, (k + 1) * channelCount)
        rows.push(row.map((value) => (typeof value === 'bigint' ? Number(value) : value)))
      }
    }
  })
  return {
    ...{ inlet, rows, stamps },
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await done
    }
  }
}
