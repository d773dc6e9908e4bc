import type { SimulatorType } from '../Simulator.ts'
import { CORTEX_FAULTS } from './cortexFaults.ts'
import { CortexSimulator } from './CortexSimulator.ts'

export const cortexType: SimulatorType = {
  description: "Emotiv's Cortex 2: headsets, sessions, streams, records, profiles and training",
  defaultPort: 6868,
  faults: CORTEX_FAULTS,
  start: (options) => CortexSimulator.start(options)
}

export const cortexV1Type: SimulatorType = {
  description: 'the Cortex of the older document: the same headsets, sessions, streams, profiles and training',
  defaultPort: 6868,
  faults: CORTEX_FAULTS,
  start: (options) => CortexSimulator.start({ ...options, dialect: 'v1' })
}
