import { createWriteStream } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { isAbsolute, join, relative } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Call, Method } from './Call.ts'
import type { SimulatedRecord } from './CortexModel.ts'
import { markerCsv, recordCsv } from './recordCsv.ts'
import { refusal, Refusal } from './Refusal.ts'

const STREAM_TYPES = ['EEG', 'MOTION', 'PM', 'BP']

/** Writes records as CSV of version 2, and their markers beside; what cannot be written is among the failures, with the reason. */
export const exportRecord: Method = async (params, call) => {
  const folder = params.text('folder')
  const streamTypes = params.texts('streamTypes')
  const format = params.oneOf('format', ['EDF', 'EDFPLUS', 'BDFPLUS', 'CSV'])
  const version = params.has('version') ? params.oneOf('version', ['V1', 'V2']) : undefined
  if (version && format !== 'CSV') throw new Refusal(-32602, 'version: only of format CSV')
  const success: object[] = []
  const failure: object[] = []
  for (const recordId of params.texts('recordIds', 'records')) {
    try {
      if (format !== 'CSV' || version === 'V1')
        throw new Error(`format ${[format, version].filter(Boolean).join(' ')}: the simulator writes CSV V2 only`)
      const unknown = streamTypes.find((one) => !STREAM_TYPES.includes(one))
      if (unknown !== undefined) throw new Error(`streamTypes: expected ${STREAM_TYPES.join(', ')}, got ${unknown}`)
      const record = call.model.records.get(recordId)
      if (record === undefined) {
        failure.push({ recordId, ...refusal(-32058) })
        continue
      }
      await write(record, { folder: await allowed(folder, call), streamTypes }, call)
      success.push({ recordId })
    } catch (error) {
      failure.push({ recordId, code: -32602, message: error instanceof Error ? error.message : String(error) })
    }
  }
  return { success, failure }
}

/** A client names the folder: it has to be there, below the one that the simulator may write to. */
async function allowed(folder: string, { model }: Call): Promise<string> {
  const root = await realpath(model.options.exports)
  const real = await realpath(isAbsolute(folder) ? folder : join(root, folder))
  const way = relative(root, real)
  if (way.startsWith('..') || isAbsolute(way)) throw new Error(`folder: expected one below ${root}, got ${real}`)
  return real
}

async function write(
  record: SimulatedRecord,
  { folder, streamTypes }: { folder: string; streamTypes: readonly string[] },
  { model }: Call
): Promise<void> {
  const source = model.sources.get(record.uuid)
  if (source === undefined || record.endDatetime === '') throw new Error('the record is in progress: stop it first')
  const kinds = [
    ...(streamTypes.includes('MOTION') ? ['md'] : []),
    ...(streamTypes.includes('PM') ? ['pm'] : []),
    ...(streamTypes.includes('BP') ? ['bp'] : [])
  ]
  const title = record.title.replace(/[^\p{L}\p{N} _-]/gu, '_').slice(0, 80)
  const date = record.startDatetime.slice(0, 19).replaceAll('-', '.').replaceAll(':', '.')
  const base = join(folder, `${title}_${source.headset.id.replace('-', '_')}_${date}+00.00`)
  // A file that is there stays as it is.
  await pipeline(Readable.from(recordCsv(record, source, streamTypes)), create(`${[base, ...kinds].join('.')}.csv`))
  if (record.markers.length > 0) await pipeline(Readable.from(markerCsv(record)), create(`${base}_intervalMarker.csv`))
}

function create(path: string) {
  return createWriteStream(path, { flags: 'wx' })
}
