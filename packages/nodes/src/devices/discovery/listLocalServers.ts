import { connect } from 'node:net'
import { discover, type Discovery } from './FoundDevice.ts'

/** A server that devices' programs run on this machine. */
export interface KnownServer {
  readonly port: number
  readonly description: string
  readonly type: string
  readonly configure: Readonly<Record<string, string | number>>
}

const KNOWN: readonly KnownServer[] = [
  { port: 6868, description: "Emotiv's Cortex", type: 'EmotivCortex', configure: { url: 'wss://localhost:6868' } },
  {
    port: 8080,
    description: 'MW75 server, or another on this port',
    type: 'Mw75',
    configure: { url: 'ws://localhost:8080' }
  },
  { port: 9000, description: 'TiA server', type: 'TiaClient', configure: { host: '127.0.0.1', port: 9000 } },
  { port: 51_234, description: 'BrainVision RDA, int16', type: 'BrainAmpSocket', configure: { port: 51_234 } },
  { port: 51_244, description: 'BrainVision RDA, float32', type: 'BrainAmpSocket', configure: { port: 51_244 } },
  {
    port: 5556,
    description: 'Open Ephys: ZMQ Interface',
    type: 'OpenEphys',
    configure: { url: 'tcp://127.0.0.1:5556' }
  },
  {
    port: 5557,
    description: 'Open Ephys: Event Broadcaster',
    type: 'OpenEphysEvents',
    configure: { url: 'tcp://127.0.0.1:5557' }
  },
  {
    port: 3335,
    description: 'Open Ephys: Falcon Output',
    type: 'OpenEphysFalcon',
    configure: { url: 'tcp://127.0.0.1:3335' }
  }
]

/** ms for a connection within this machine. */
const PATIENCE = 300

/**
 * Servers of devices that listen on this machine: whoever takes a connection at a known port. It is closed at once, and
 * nothing is sent, so that what else may listen there is not disturbed; whether it is the right one shows when a node connects.
 * Never rejects.
 */
export function listLocalServers(known: readonly KnownServer[] = KNOWN): Promise<Discovery> {
  return discover('server', async () => {
    const answers = await Promise.all(known.map(({ port }) => isListening(port)))
    return known
      .filter((_, k) => answers[k])
      .map(({ port, description, type, configure }) => {
        return { kind: 'server', name: `127.0.0.1:${port}`, description, type, configure }
      })
  })
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: PATIENCE })
    const end = (isThere: boolean): void => {
      socket.destroy()
      resolve(isThere)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}
