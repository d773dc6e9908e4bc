import { listDevices, type Discovery, type FoundDevice } from '@nodeacq/nodes'
import type { Command } from 'commander'
import { stringify } from 'yaml'
import { layoutTable } from '../screen/layoutTable.ts'
import type { Output } from './Output.ts'

/** `nodeacq devices`: what is plugged in, and how a graph takes it. */
export function addDevicesCommand(program: Command, { stdout, stderr }: Output): void {
  program
    .command('devices')
    .summary('list the devices that are plugged in, and local servers of devices')
    .description(
      'Lists serial ports, HID devices, audio devices, cameras, and servers of devices that listen on this machine; for each ' +
        'that a node takes, the line for a graph file.'
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  $ nodeacq devices')
    .action(async ({ json = false }: { json?: boolean }) => {
      const found = await listDevices()
      if (json) {
        stdout.write(`${JSON.stringify(found, null, 2)}\n`)
        return
      }
      for (const line of deviceLines(found, stdout.columns ?? Infinity)) stdout.write(`${line}\n`)
      for (const { kind, problem } of found) if (problem !== undefined) stderr.write(`${kind}: ${problem}\n`)
    })
}

function deviceLines(found: readonly Discovery[], width: number): string[] {
  const devices = found.flatMap((kind) => kind.devices)
  if (devices.length === 0) return ['nothing is plugged in, and no known server listens on this machine']
  const columns = [{ title: 'KIND' }, { title: 'NAME' }, { title: 'WHAT IT IS', priority: 1 }]
  const table = layoutTable(
    columns,
    devices.map(({ kind, name, description }) => [kind, name, description]),
    { width }
  )
  const counts = new Map<string, number>()
  const lines = devices
    .filter(({ type }) => type !== null)
    .map((device) => {
      const place = (counts.get(device.kind) ?? 0) + 1
      counts.set(device.kind, place)
      return `  ${nodeLine(device, place)}`
    })
  return lines.length === 0 ? table : [...table, '', 'For a graph file:', 'nodes:', ...lines]
}

/** `camera1: { type: Camera, configure: { cameraName: /dev/video0 } }`: never cut, since it is there to be copied. */
function nodeLine({ kind, type, configure }: FoundDevice, place: number): string {
  const node = { [`${kind}${place}`]: { type, configure } }
  const text = stringify(node, { collectionStyle: 'flow', lineWidth: 0 }).trim()
  return text.slice(1, -1).trim()
}
