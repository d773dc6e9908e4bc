import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { describeStream, parseSpikeGlxName, readMeta } from '../../files/spikeglx/meta.ts'
import { spikeGlxPairs } from '../../files/spikeglx/pairs.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import type { ExportHead } from '../Exporter.ts'

/** What a `.meta` said of a stream when it was recorded. */
export interface KeptMeta {
  readonly path: string
  /** `imec0.ap` */
  readonly stream: string
  readonly values: ReadonlyMap<string, string>
}

/**
 * The `.meta` that a stream was recorded with: the one of the option, or of the source where that is a recording of SpikeGLX.
 * @throws RecorderError for a probe of which there is none, and for one that says otherwise than the stream
 */
export async function keptMeta(path: string, { source, streams, options }: ExportHead): Promise<KeptMeta | undefined> {
  const [stream] = streams
  const { name, channelCount, sampleRate, channelInfo } = stream!
  const given = options['meta'] as string | undefined
  const found = existsSync(source)
    ? (await spikeGlxPairs(source)).find((pair) => pair.stream === name)?.meta
    : undefined
  const from = given ?? found
  if (from === undefined) {
    if (!/^(imec|obx)\d*\.\w+$/.test(name)) return undefined
    throw new RecorderError(path, `stream '${name}' is of a probe: set meta to the .meta that it was recorded with`)
  }
  const device = parseSpikeGlxName(basename(from))?.stream
  if (device === undefined) throw new RecorderError(from, 'expected a name such as run_g0_t0.imec0.ap.meta')
  const meta = await readMeta(from)
  const about = describeStream(meta, [])
  const differs = (what: string, told: unknown, is: unknown): never => {
    throw new RecorderError(
      path,
      `${from} is of another stream than '${name}': ${what} ${String(told)}, not ${String(is)}`
    )
  }
  if (about.channels.length !== channelCount) differs('channels', about.channels.length, channelCount)
  if (about.sampleRate !== sampleRate) differs('rate', about.sampleRate, sampleRate)
  for (const [k, { gain, unit }] of about.channels.entries()) {
    const own = channelInfo[k]!
    const isSame = gain === undefined || own.gain === undefined || Math.abs(own.gain / gain - 1) < 1e-6
    if (!isSame) differs(`channel ${k}, steps of ${gain} ${unit}`, '', `${own.gain} ${own.unit ?? ''}`)
  }
  return { path: from, stream: device, values: meta.values }
}
