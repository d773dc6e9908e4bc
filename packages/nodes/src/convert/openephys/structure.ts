/** The small files of a recording in Open Ephys' binary format, as GUI 0.6 writes them. */
import type { ExportStream } from '../Exporter.ts'
import type { Int16Scaling } from '../int16Scaling.ts'
import { voltsOf } from '../../files/voltsOf.ts'
import type { TtlLine } from './TtlLines.ts'

/** Number of the Record Node, and of the source it records. */
export const RECORD_NODE = 101
const SOURCE = 100
const VERSION = '0.6.7'

export const SETTINGS = `<?xml version="1.0" encoding="UTF-8"?>\n<SETTINGS><INFO><VERSION>${VERSION}</VERSION></INFO></SETTINGS>\n`

/** A stream as it is called in the format. */
export interface NamedStream {
  readonly stream: ExportStream
  readonly scalings: readonly Int16Scaling[]
  /** `nodeacq-100.amp` */
  readonly folder: string
  readonly units: readonly ChannelUnit[]
}

export interface ChannelUnit {
  readonly unit: string
  /** How many of this unit are one of the channel's. */
  readonly factor: number
}

/** Folder names of streams, each once, whatever the streams are called. */
export function folderNames(streams: readonly ExportStream[]): string[] {
  const taken = new Set<string>()
  return streams.map(({ name }) => {
    // oxlint-disable-next-line no-control-regex -- a stream may have any name, a file may not
    const plain = name.replaceAll(/[/\\:*?"<>|.\0-\x1f]/g, '_')
    let folder = plain
    for (let k = 2; taken.has(folder.toLowerCase()); k++) folder = `${plain}-${k}`
    taken.add(folder.toLowerCase())
    return `nodeacq-${SOURCE}.${folder}`
  })
}

/** Voltages are in µV, those of a channel whose name has ADC in V, as the format has it; other units stay. */
export function unitOf(name: string, unit = ''): ChannelUnit {
  const volts = voltsOf(unit)
  if (volts === undefined) return { unit, factor: 1 }
  // 1e6 × 1e-6 is not 1.
  return name.includes('ADC') ? { unit: 'V', factor: volts } : { unit: 'uV', factor: volts === 1e-6 ? 1 : volts * 1e6 }
}

/** `structure.oebin`. `nodeacq_lines` is ours: what each TTL line stands for. */
export function structureText(
  streams: readonly NamedStream[],
  messages: NamedStream,
  lines: readonly (readonly TtlLine[])[]
): string {
  const continuous = streams.map(({ stream, scalings, folder, units }) => ({
    folder_name: `${folder}/`,
    sample_rate: stream.sampleRate,
    source_processor_name: 'nodeacq',
    source_processor_id: SOURCE,
    stream_name: stream.name,
    recorded_processor: 'Record Node',
    recorded_processor_id: RECORD_NODE,
    num_channels: stream.channelCount,
    channels: stream.channelInfo.map(({ name }, k) => ({
      channel_name: name,
      description: '',
      identifier: '',
      history: 'nodeacq',
      bit_volts: scalings[k]!.gain * units[k]!.factor,
      units: units[k]!.unit
    }))
  }))
  const ttl = streams.map(({ stream, folder }, k) => ({
    folder_name: `${folder}/TTL/`,
    channel_name: 'TTL',
    description: 'TTL events',
    identifier: '',
    sample_rate: stream.sampleRate,
    type: 'int16',
    source_processor: 'nodeacq',
    stream_name: stream.name,
    initial_state: 0,
    nodeacq_lines: lines[k]!
  }))
  const center = {
    folder_name: 'MessageCenter/',
    channel_name: 'MessageCenter',
    description: 'Messages',
    identifier: 'messagecenter.events',
    sample_rate: messages.stream.sampleRate,
    type: 'string',
    source_processor: 'Message Center',
    stream_name: messages.stream.name,
    initial_state: 0
  }
  return `${JSON.stringify({ 'GUI version': VERSION, continuous, events: [...ttl, center], spikes: [] }, undefined, 4)}\n`
}

/** `sync_messages.txt`. @param starts first sample of each stream, where it has one */
export function syncText(
  streams: readonly NamedStream[],
  starts: readonly (number | undefined)[],
  utc: bigint | undefined
): string {
  const lines =
    utc === undefined ? [] : [`Software Time (milliseconds since midnight Jan 1st 1970 UTC): ${utc / 1_000_000n}`]
  for (const [k, { stream }] of streams.entries()) {
    if (starts[k] === undefined) continue
    lines.push(`Start Time for nodeacq (${SOURCE}) - ${stream.name} @ ${stream.sampleRate} Hz: ${starts[k]}`)
  }
  return `${lines.join('\n')}\n`
}
