/**
 * SpikeGLX: `<run>_g<gate>_t<trigger>.<device>[.<band>].bin` (int16, little-endian, all channels of a sample together, digital
 * words last) beside a `.meta` of lines `key=value`; keys with a `~` hold lists in parentheses. See the page "Metadata" of its manual.
 */
import { z } from 'zod'
import { RecordingFileError } from '../../errors.ts'
import { readText } from '../readJson.ts'
import { voltsOf } from '../voltsOf.ts'
import type { RecordedChannel } from '../SampleFile.ts'

export interface SpikeGlxMeta {
  readonly path: string
  readonly values: ReadonlyMap<string, string>
}

/** What the name of a file says; gate and trigger are -1 where it has none. */
export interface SpikeGlxName {
  readonly run: string
  readonly gate: number
  readonly trigger: number
  /** `nidq`, `imec0.ap`, `obx0.obx` */
  readonly stream: string
}

/** @param name of the `.bin` or `.meta`. Undefined where it is not SpikeGLX'. */
export function parseSpikeGlxName(name: string): SpikeGlxName | undefined {
  const parts = /^(.+?)(?:_g(\d+))?(?:_t(\d+|cat))?\.(nidq|imec\d*\.(?:ap|lf)|obx\d*\.obx)\.(?:bin|meta)$/.exec(name)
  if (parts === null) return undefined
  const number = (text: string | undefined) => (text === undefined || text === 'cat' ? -1 : Number(text))
  return { run: parts[1]!, gate: number(parts[2]), trigger: number(parts[3]), stream: parts[4]! }
}

export async function readMeta(path: string): Promise<SpikeGlxMeta> {
  const lines = (await readText(path)).split(/\r?\n/)
  const pairs = lines.flatMap((line) => {
    const equals = line.indexOf('=')
    return equals < 1 ? [] : [[line.slice(0, equals).trim(), line.slice(equals + 1).trim()] as const]
  })
  return { path, values: new Map(pairs) }
}

/** @throws RecordingFileError where the key is missing or no number */
export function metaNumber({ path, values }: SpikeGlxMeta, key: string): number {
  const text = values.get(key)
  const value = Number(text)
  if (text !== undefined && text !== '' && Number.isFinite(value)) return value
  throw new RecordingFileError(path, { where: `key '${key}'`, expected: 'a number', got: text ?? 'nothing' })
}

/** `0,0,2,1` as numbers. @throws RecordingFileError */
function metaCounts(meta: SpikeGlxMeta, key: string, count: number): number[] {
  const numbers = (meta.values.get(key) ?? '').split(',').map(Number)
  if (numbers.length === count && numbers.every((each) => Number.isInteger(each) && each >= 0)) return numbers
  throw new RecordingFileError(meta.path, {
    where: `key '${key}'`,
    expected: `${count} whole numbers`,
    got: meta.values.get(key) ?? 'nothing'
  })
}

/** The entries of a list such as `(…)(XA0;0:0)(XA1;1:1)`, its head left out. */
function metaList({ values }: SpikeGlxMeta, key: string): string[] {
  return [...(values.get(key) ?? '').matchAll(/\(([^()]*)\)/g)].slice(1).map(([, entry]) => entry!)
}

/** What a line of the digital words stands for; ours, `nodeacqLines`. */
export interface KnownLine {
  /** From 1, 16 in each word. */
  readonly line: number
  readonly label: string
  readonly value: number
  readonly moment: boolean
}

const knownLines = z.array(
  z.object({ line: z.int().positive(), label: z.string(), value: z.number(), moment: z.boolean() })
)
const knownChannels = z.array(z.object({ name: z.string(), unit: z.string() }))

function ownKey<T>({ path, values }: SpikeGlxMeta, key: string, schema: z.ZodType<T>): T | undefined {
  const text = values.get(key)
  if (text === undefined) return undefined
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw new RecordingFileError(path, { where: `key '${key}'`, expected: 'what nodeacq writes', got: text, cause })
  }
}

/** Where nodeacq wrote the file. @throws RecordingFileError */
export function linesOf(meta: SpikeGlxMeta): readonly KnownLine[] | undefined {
  return ownKey(meta, 'nodeacqLines', knownLines)
}

export interface SpikeGlxStream {
  readonly sampleRate: number
  readonly channels: readonly RecordedChannel[]
  /** Channels whose bits are lines. */
  readonly digital: readonly number[]
}

/** Rate, names and gains. @throws RecordingFileError */
export function describeStream(meta: SpikeGlxMeta, warnings: string[]): SpikeGlxStream {
  const type = meta.values.get('typeThis') ?? (meta.values.has('imSampRate') ? 'imec' : 'nidq')
  const count = metaNumber(meta, 'nSavedChans')
  if (!Number.isInteger(count) || count < 1) {
    throw new RecordingFileError(meta.path, { where: "key 'nSavedChans'", expected: '1 or more', got: `${count}` })
  }
  const names = metaList(meta, '~snsChanMap').map((entry) => entry.split(';')[0]!)
  const kinds = kindsOf(meta, type, count)
  const own = ownKey(meta, 'nodeacqChannels', knownChannels)
  const known = new Map<string, number | undefined>()
  const gainOf = (kind: ChannelKind, k: number): number | undefined => {
    const key = kind === 'AP' || kind === 'LF' ? `${kind}${k}` : kind
    if (!known.has(key)) known.set(key, gainOfKind(meta, kind, k))
    return known.get(key)
  }
  const channels = kinds.map((kind, k): RecordedChannel => {
    const name = names[k] ?? `${kind}${k}`
    if (kind === 'DW' || kind === 'SY') return { name }
    const gain = gainOf(kind, k)
    const isProbe = kind === 'AP' || kind === 'LF'
    const written = own?.[k]
    const volts = voltsOf(written?.unit)
    if (gain !== undefined && written !== undefined) {
      return { name: written.name, unit: written.unit, gain: gain / (volts ?? 1), offset: 0 }
    }
    return gain === undefined ? { name } : { name, unit: isProbe ? 'uV' : 'V', gain, offset: 0 }
  })
  if (channels.some(({ gain }, k) => gain === undefined && kinds[k] !== 'DW' && kinds[k] !== 'SY')) {
    warnings.push(`${meta.path}: the gains of its probe are not known; numbers are as stored`)
  }
  const rate = { nidq: 'niSampRate', imec: 'imSampRate', obx: 'obSampRate' }[type] ?? 'niSampRate'
  const digital = kinds.flatMap((kind, k) => (kind === 'DW' || kind === 'SY' ? [k] : []))
  return { sampleRate: metaNumber(meta, rate), channels, digital }
}

type ChannelKind = 'MN' | 'MA' | 'XA' | 'DW' | 'AP' | 'LF' | 'SY'

/** How many channels of which kind, in the order of the file. */
const KINDS: Readonly<Record<string, readonly [key: string, order: readonly ChannelKind[]]>> = {
  nidq: ['snsMnMaXaDw', ['MN', 'MA', 'XA', 'DW']],
  imec: ['snsApLfSy', ['AP', 'LF', 'SY']],
  obx: ['snsXaDwSy', ['XA', 'DW', 'SY']]
}

function kindsOf(meta: SpikeGlxMeta, type: string, count: number): ChannelKind[] {
  const known = KINDS[type]
  if (known === undefined) {
    throw new RecordingFileError(meta.path, { where: "key 'typeThis'", expected: 'nidq, imec or obx', got: type })
  }
  const [key, order] = known
  const counts = metaCounts(meta, key, order.length)
  const kinds = order.flatMap((kind, k) => Array.from({ length: counts[k]! }, () => kind))
  if (kinds.length === count) return kinds
  throw new RecordingFileError(meta.path, {
    where: `key '${key}'`,
    expected: `${count} in all`,
    got: `${kinds.length}`
  })
}

/** V for each step of an input of a card, µV of a probe; as SpikeGLX' own readers compute it. */
function gainOfKind(meta: SpikeGlxMeta, kind: ChannelKind, k: number): number | undefined {
  if (kind === 'AP' || kind === 'LF') return probeGain(meta, kind, k)
  if (meta.values.has('obAiRangeMax')) return metaNumber(meta, 'obAiRangeMax') / metaNumber(meta, 'obMaxInt')
  const steps = meta.values.has('niMaxInt') ? metaNumber(meta, 'niMaxInt') : 32_768
  const amplifier = kind === 'XA' ? 1 : metaNumber(meta, kind === 'MN' ? 'niMNGain' : 'niMAGain')
  return metaNumber(meta, 'niAiRangeMax') / steps / amplifier
}

/** Types of probe with one fixed gain. */
const FIXED_GAINS: Readonly<Record<string, number>> = { 21: 80, 24: 80, 2003: 100, 2004: 100, 2013: 100, 2014: 100 }

function probeGain(meta: SpikeGlxMeta, kind: 'AP' | 'LF', k: number): number | undefined {
  const { values } = meta
  const type = values.get('imDatPrb_type') ?? '0'
  const fixed = values.has('imChan0apGain') && kind === 'AP' ? metaNumber(meta, 'imChan0apGain') : FIXED_GAINS[type]
  const [, , , ap, lf] = (metaList(meta, 'imroTbl')[k] ?? metaList(meta, '~imroTbl')[k] ?? '').split(' ')
  const amplifier = fixed ?? Number(kind === 'AP' ? ap : lf)
  if (!(amplifier > 0) || !values.has('imAiRangeMax')) return undefined
  const steps = values.has('imMaxInt') ? metaNumber(meta, 'imMaxInt') : FIXED_GAINS[type] === undefined ? 512 : 8192
  return (metaNumber(meta, 'imAiRangeMax') / steps / amplifier) * 1e6
}
