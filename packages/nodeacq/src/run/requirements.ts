import { stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { WireDType } from '@nodeacq/ndarray'
import type { ManagerStatus } from '@nodeacq/core'
import { byteRate, type Accounting, type WireParams } from '@nodeacq/stream'
import { machineOf } from '../graph/checkPlacement.ts'
import { LOCAL_HOST, type Graph } from '../graph/Graph.ts'
import { placeText } from '../graph/SourceText.ts'
import { formatBytes } from '../screen/format.ts'

/** What stands between a graph and its `require` section, in words; empty when nothing does. */
export async function unmetRequirements(
  graph: Graph,
  { streams, room }: { streams: ReadonlyMap<string, WireParams>; room: readonly DiskRoom[] }
): Promise<string[]> {
  const problems: string[] = []
  for (const { node, output, sampleRate, place } of graph.require.streams) {
    const params = streams.get(`${node}.${output}`)
    const rate = params?.['sample_rate']
    const what = `${placeText(place)}: require: ${node}.${output}`
    if (params === undefined) problems.push(`${what} is not there`)
    else if (sampleRate !== undefined && rate !== sampleRate) {
      problems.push(`${what} has ${String(rate)} Hz, expected ${sampleRate} Hz`)
    }
  }
  const { diskFreeMinutes, place } = graph.require
  for (const disk of room) {
    if (diskFreeMinutes === undefined || disk.minutes >= diskFreeMinutes) continue
    problems.push(`${placeText(place!)}: require: ${describeRoom(disk)}, expected ${diskFreeMinutes} minutes`)
  }
  return problems
}

/** One disk that recorders of this machine write to. */
export interface DiskRoom {
  /** An existing folder on it. */
  readonly folder: string
  readonly freeBytes: number
  readonly bytesPerSecond: number
  /** Until it is full. */
  readonly minutes: number
}

/** `/data has room for 3.2 minutes (1.2 GB free, 6.2 MB/s)`. */
export function describeRoom({ folder, minutes, freeBytes, bytesPerSecond }: DiskRoom): string {
  const time = minutes < 10 ? minutes.toFixed(1) : minutes.toFixed(0)
  return `${folder} has room for ${time} minutes (${formatBytes(freeBytes)} free, ${formatBytes(bytesPerSecond)}/s)`
}

/**
 * How long the disks of this machine last at the rates of what is recorded. Recorders on other machines are left out:
 * their disks cannot be seen from here.
 */
export async function diskRoom(
  graph: Graph,
  { status, streams }: { status: ManagerStatus; streams: ReadonlyMap<string, WireParams> }
): Promise<DiskRoom[]> {
  const disks = new Map<number, { folder: string; bytesPerSecond: number }>()
  for (const node of graph.nodes) {
    const { recordings = [], recording } = status.nodes.find(({ name }) => name === node.name) ?? {}
    const path = recordings[0] ?? recording?.target
    const host = graph.groups.find(({ name }) => name === node.group)?.host ?? LOCAL_HOST
    if (path == null || machineOf(host, graph.hosts) !== LOCAL_HOST) continue
    const rate = node.inputs.reduce((sum, { from }) => sum + byteRateOf(streams.get(`${from.node}.${from.output}`)), 0)
    const folder = await existingFolder(path)
    const { dev } = await stat(folder)
    disks.set(dev, { folder, bytesPerSecond: (disks.get(dev)?.bytesPerSecond ?? 0) + rate })
  }
  const rooms = [...disks.values()].map(async ({ folder, bytesPerSecond }): Promise<DiskRoom> => {
    const { bavail, bsize } = await statfs(folder)
    const freeBytes = bavail * bsize
    return {
      folder,
      freeBytes,
      bytesPerSecond,
      minutes: bytesPerSecond > 0 ? freeBytes / bytesPerSecond / 60 : Infinity
    }
  })
  return Promise.all(rooms)
}

/** Bytes per second of a stream as its params describe it; 0 when nothing is known of it. */
export function byteRateOf(params: WireParams | undefined): number {
  if (params === undefined) return 0
  const accounting = (params['nodeacq'] as { accounting?: Accounting } | undefined)?.accounting
  return byteRate({
    streamType: String(params['streamtype']),
    sampleRate: Number(params['sample_rate'] ?? 0),
    shape: Array.isArray(params['shape']) ? (params['shape'] as number[]) : [],
    dtype: params['dtype'] as WireDType,
    ...(accounting !== undefined && { accounting })
  })
}

/** The folder itself, or the nearest above it that is there. */
export async function existingFolder(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => undefined)
    if (found?.isDirectory() || folder === dirname(folder)) return folder
  }
}
