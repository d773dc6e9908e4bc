import { randomUUID } from 'node:crypto'
import { localTime } from '../../files/localTime.ts'
import { RecorderError } from '../../files/output/RecorderError.ts'
import type { ExportHead } from '../Exporter.ts'
import type { NwbOptions } from './nwbOptions.ts'
import type { NwbWriter } from './NwbWriter.ts'

/** Version of the schema that the files follow. */
const NWB_VERSION = '2.7.0'

/** Groups that must be there, also when they are empty. */
const GROUPS = [
  '/acquisition',
  '/analysis',
  '/processing',
  '/stimulus',
  '/stimulus/presentation',
  '/stimulus/templates',
  '/intervals',
  '/general',
  '/general/devices'
]

/** Options that are a text of their own name in `/general`. */
const TEXTS = ['session_id', 'lab', 'institution', 'experiment_description', 'protocol'] as const
const LISTS = ['experimenter', 'keywords'] as const

/**
 * Writes what a file says of itself, of the session and of the subject.
 * @returns what a reader should know, one sentence each. @throws RecorderError when nothing says when the session began
 */
export function writeNwbHead(nwb: NwbWriter, head: ExportHead, options: NwbOptions): string[] {
  const { file } = nwb
  const notes: string[] = []
  file.attributes('/', {
    namespace: 'core',
    neurodata_type: 'NWBFile',
    object_id: randomUUID(),
    nwb_version: NWB_VERSION
  })
  for (const group of GROUPS) file.group(group)
  const start = startOf(file.path, head, options, notes)
  file.value('/identifier', options.identifier ?? randomUUID())
  file.value('/session_description', options.session_description)
  file.value('/session_start_time', start)
  file.value('/timestamps_reference_time', start)
  file.value('/file_create_date', [new Date().toISOString().replace('Z', '+00:00')])
  for (const key of TEXTS) if (options[key] !== undefined) file.value(`/general/${key}`, options[key])
  for (const key of LISTS) if (options[key] !== undefined) file.value(`/general/${key}`, options[key])
  writeProvenance(nwb, head, options)
  const { name, description, manufacturer } = options.device
  nwb.group(devicePath(options), 'Device', { description, ...(manufacturer !== undefined && { manufacturer }) })
  if (name.includes('/')) throw new RecorderError(file.path, `device.name: expected a name without '/', got '${name}'`)
  if (options.subject === undefined) {
    notes.push(
      'it has no subject, which archives such as DANDI ask for: set subject.subject_id, subject.species, subject.sex and subject.age'
    )
  } else {
    nwb.group('/general/subject', 'Subject')
    for (const [key, value] of Object.entries(options.subject)) {
      if (value !== undefined) file.value(`/general/subject/${key}`, value)
    }
  }
  return notes
}

export function devicePath({ device }: NwbOptions): string {
  return `/general/devices/${device.name.replaceAll('/', '_')}`
}

/** The text that made the recording is its script; what else is known stands in the notes. */
function writeProvenance({ file }: NwbWriter, { source, provenance }: ExportHead, options: NwbOptions): void {
  const { graph, ...others } = provenance
  if (graph !== undefined) file.value('/general/source_script', graph, { file_name: 'graph.yaml' })
  const known = JSON.stringify({ nodeacq: { source, ...others } })
  file.value('/general/notes', options.notes === undefined ? known : `${options.notes}\n${known}`)
}

/** The start of the session, ISO 8601 with its zone. */
function startOf(path: string, head: ExportHead, options: NwbOptions, notes: string[]): string {
  if (options.session_start_time !== undefined) return options.session_start_time.replace(/Z$/, '+00:00')
  if (head.startUtc !== undefined) return withZone(localTime(head.startUtc))
  if (head.startTime === undefined) {
    throw new RecorderError(path, 'the recording does not say when it began: set session_start_time')
  }
  notes.push('the recording does not say its time zone; that of this machine is assumed: else set session_start_time')
  return withZone(head.startTime)
}

/** A local time of this machine with the zone that it has then. */
function withZone(time: string): string {
  const minutes = -new Date(time.slice(0, 23)).getTimezoneOffset()
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  return `${time}${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`
}
