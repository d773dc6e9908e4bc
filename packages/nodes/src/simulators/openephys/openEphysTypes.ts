import type { SimulatorType } from '../Simulator.ts'
import { RELAY_FAULTS, RelaySimulator } from './RelaySimulator.ts'
import { OPEN_EPHYS_FAULTS, OpenEphysSimulator, type OpenEphysPlugin } from './OpenEphysSimulator.ts'

const relay: SimulatorType = {
  description: 'the relay for pyacq in the Open Ephys GUI: a stream of pyacq, started and stopped by requests',
  defaultPort: 20_000,
  faults: RELAY_FAULTS,
  start: (options) => RelaySimulator.start(options)
}

const simulatorOf = (plugin: OpenEphysPlugin, defaultPort: number, description: string): SimulatorType => ({
  description,
  defaultPort,
  faults: OPEN_EPHYS_FAULTS,
  start: (options) => OpenEphysSimulator.start({ ...options, plugin })
})

/** Open Ephys by the plugin that a program listens to. */
export const openEphysTypes = {
  'open-ephys': simulatorOf('ZMQ Interface', 5556, 'Open Ephys with its plugin ZMQ Interface: signals, events, spikes'),
  'open-ephys-falcon': simulatorOf(
    'Falcon Output',
    3335,
    'Open Ephys with its plugin Falcon Output: signals, TTL lines'
  ),
  'open-ephys-events': simulatorOf('Event Broadcaster', 5557, 'Open Ephys with its plugin Event Broadcaster'),
  'open-ephys-relay': relay
} as const
