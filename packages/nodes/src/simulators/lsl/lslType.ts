import type { SimulatorType } from '../Simulator.ts'
import { LSL_FAULTS } from './lslFaults.ts'
import { LslSimulator } from './LslSimulator.ts'

export const lslType: SimulatorType = {
  description: 'an outlet of Lab Streaming Layer with a test signal',
  defaultPort: 16_572,
  faults: LSL_FAULTS,
  start: (options) => LslSimulator.start(options)
}
