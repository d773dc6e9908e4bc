import { ConfigError } from '@nodeacq/core'
import type { DeviceServerOptions, DeviceServerType } from '../Server.ts'
import { Mw75Server } from './Mw75Server.ts'
import { SOURCES } from './sourceOf.ts'

/** `nodeacq serve mw75`. */
export const mw75ServerType: DeviceServerType = {
  description: 'MW75 headphones for programs of other systems: the WebSocket server of mw75-streamer.',
  defaultPort: 8080,
  flags: [
    { name: 'source', value: 'source', about: `where the headset is: ${SOURCES}`, fallback: 'simulator' },
    {
      name: 'activate',
      value: 'how',
      about:
        'what lets a headset at a serial port stream: bluez, none, or a program that is called with start and stop',
      fallback: 'auto'
    },
    { name: 'clients', value: 'n', about: 'how many clients at once', fallback: '1' },
    { name: 'forward', value: 'urls', about: 'WebSocket addresses, with commas between, that get every sample too' },
    { name: 'connect', about: 'connect the headset at once, and again when it is lost, without waiting for a client' }
  ],
  examples: [
    'nodeacq serve mw75',
    'nodeacq serve mw75 --source serial:/dev/rfcomm0 --clients 4',
    'nodeacq serve mw75 --connect --forward ws://10.0.0.7:9000'
  ],
  start: startMw75Server
}

async function startMw75Server({ host, port, insecure, own }: DeviceServerOptions): Promise<Mw75Server> {
  const { source = 'simulator', activate = 'auto', clients = '1', forward, connect = false } = own
  return await Mw75Server.start({
    source: String(source),
    activate: String(activate),
    clients: countOf(String(clients)),
    forward: typeof forward === 'string' ? forward.split(',') : [],
    autoConnect: connect === true,
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(insecure !== undefined && { insecure })
  })
}

/** @throws {ConfigError} */
function countOf(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count > 0) return count
  throw new ConfigError('MW75 server', [`clients: expected a whole number from 1, got '${text}'`])
}
