import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { LslStreamInlet, resolveLslStreams, type LslSettings } from '@nodeacq/nodes'
import { freeUdpPort } from 'testing'
import { BenchChild } from '../child.ts'
import { UsageMeter } from '../stream/UsageMeter.ts'

export interface Load {
  readonly channels: number
  /** Hz. */
  readonly rate: number
  readonly seconds: number
}

export interface LslFigures {
  readonly name: string
  /** Samples that came in a second. */
  readonly rate: number
  readonly outletCores: number
  readonly inletCores: number
  /** Samples whose stamps did not come. */
  readonly missing: number
}

async function isolated(): Promise<Partial<LslSettings>> {
  const multicastPort = await freeUdpPort()
  const basePort = 20_000 + (multicastPort % 20_000)
  return { multicastPort, basePort, scope: 'machine', sessionId: `bench-${process.pid}` }
}

/** An outlet in a process of its own, and an inlet in this one. */
export async function measureNodeacq({ channels, rate, seconds }: Load): Promise<LslFigures> {
  const settings = await isolated()
  const order = JSON.stringify({ channels, rate, seconds, settings })
  await using child = new BenchChild(new URL('./sender.ts', import.meta.url), [order])
  await child.next()
  const [info] = await resolveLslStreams({ settings, minimum: 1, timeout: 10 })
  const stop = new AbortController()
  let samples = 0
  let missing = 0
  let last: number | undefined
  let meter: UsageMeter | undefined
  const done = new LslStreamInlet(info!, { settings }).run(stop.signal, {
    onSamples: ({ count, stamps }) => {
      meter ??= new UsageMeter()
      if (last !== undefined) missing += Math.round((stamps[0]! - last) * rate) - 1
      last = stamps[count - 1]
      samples += count
    }
  })
  const { cores: outletCores } = await child.next<{ cores: number }>()
  const { cores: inletCores } = meter!.stop()
  stop.abort()
  await done
  return { name: 'nodeacq', rate: samples / seconds, outletCores, inletCores, missing }
}

/** The same with pylsl at both ends; undefined where it is not installed. */
export async function measurePylsl({ channels, rate, seconds }: Load): Promise<LslFigures | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'nodeacq-bench-'))
  try {
    const { multicastPort, basePort, sessionId } = await isolated()
    const config = join(folder, 'lsl_api.cfg')
    const ports = `[ports]\nMulticastPort=${multicastPort}\nBasePort=${basePort}\nIPv6=disable\n`
    const rest = `[multicast]\nResolveScope=machine\n[lab]\nKnownPeers={127.0.0.1}\nSessionID=${sessionId}\n[log]\nlevel=-2\n`
    await writeFile(config, ports + rest)
    const script = fileURLToPath(new URL('../python/lsl_throughput.py', import.meta.url))
    const { stdout } = await promisify(execFile)(
      process.env['NODEACQ_PYTHON'] || 'python3',
      [script, String(channels), String(rate), String(seconds)],
      { env: { ...process.env, LSLAPICFG: config } }
    )
    return { name: 'pylsl', missing: 0, ...(JSON.parse(stdout.trim().split('\n').at(-1)!) as object) } as LslFigures
  } catch {
    return undefined
  } finally {
    await rm(folder, { recursive: true })
  }
}
