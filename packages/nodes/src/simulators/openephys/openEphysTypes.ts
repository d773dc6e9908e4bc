import type { SimulatorType } from '../Simulator.ts'
import { OPEN_EPHYS_FAULTS, OpenEphysSimulator, type OpenEphysPlugin } from './OpenEphysSimulator.ts'

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
  'open-ephys-events': simulatorOf('Event Broadcaster', 5557, 'Open Ephys with its plugin Event Broadcaster')
} as const
