/** The text of a `.meta` file. */
import type { ExportStream } from '../Exporter.ts'

/** What changes from trigger to trigger. */
export interface TriggerFacts {
  readonly fileName: string
  readonly bytes: number
  readonly rows: number
  /** Upper case. */
  readonly sha1: string
  readonly firstSample: number
  /** Local time, `2024-03-02T10:20:30.125000`. */
  readonly created: string | undefined
}

export interface NidqFacts {
  /** V of one step, the same for all inputs. */
  readonly gain: number
  readonly words: number
  /** What each line of the digital words stands for. */
  readonly lines: readonly object[]
}

/** Keys of a card whose inputs are the channels, then `words` digital words. `nodeacq…` are ours: names, units and lines. */
export function nidqValues(
  { channelInfo, channelCount, sampleRate }: ExportStream,
  facts: NidqFacts
): Map<string, string> {
  const { gain, words, lines } = facts
  const counts = `0,0,${channelCount},${words}`
  const names = [
    ...Array.from({ length: channelCount }, (_, k) => `XA${k}`),
    ...Array.from({ length: words }, (_, k) => `XD${k}`)
  ]
  const map = names.map((name, k) => `(${name};${k}:${k})`).join('')
  const channels = channelInfo.map(({ name, unit = '' }) => ({ name, unit }))
  const upTo = (count: number): string => (count === 0 ? '' : `0:${count - 1}`)
  return new Map([
    ['acqMnMaXaDw', counts],
    ['appVersion', '20240620'],
    ['nSavedChans', String(channelCount + words)],
    ['niAiRangeMax', String(gain * 32_768)],
    ['niAiRangeMin', String(-gain * 32_768)],
    ['niMAGain', '1'],
    ['niMNGain', '1'],
    ['niMaxInt', '32768'],
    ['niSampRate', String(sampleRate)],
    ['niXAChans1', upTo(channelCount)],
    // Lines that are used: readers look at no other.
    ['niXDBytes1', String(2 * words)],
    ['niXDChans1', upTo(lines.length)],
    ['nodeacqChannels', JSON.stringify(channels)],
    ['nodeacqLines', JSON.stringify(lines)],
    ['snsMnMaXaDw', counts],
    ['snsSaveChanSubset', 'all'],
    ['typeThis', 'nidq'],
    ['~snsChanMap', `(${counts},0)${map}`]
  ])
}

/** Lines sorted by key, those of lists last. */
export function metaText(values: ReadonlyMap<string, string>, sampleRate: number, facts: TriggerFacts): string {
  const all = new Map(values)
  all.set('fileName', facts.fileName)
  all.set('fileSizeBytes', String(facts.bytes))
  all.set('fileTimeSecs', String(facts.rows / sampleRate))
  all.set('fileSHA1', facts.sha1)
  all.set('firstSample', String(facts.firstSample))
  if (facts.created !== undefined) all.set('fileCreateTime', facts.created.slice(0, 19))
  const lines = [...all].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${value}`)
  return `${lines.join('\n')}\n`
}
