import type { SimulatorType } from '../Simulator.ts'
import { CYTON_FAULTS } from './cytonFaults.ts'
import { CytonSimulator } from './CytonSimulator.ts'

export const cytonType: SimulatorType = {
  description: 'OpenBCI Cyton at its dongle: a serial port with the commands of the board and packets of 8 channels',
  defaultPort: 0,
  faults: CYTON_FAULTS,
  start: ({ faults = [] }) => CytonSimulator.start({ faults })
}

export const daisyType: SimulatorType = {
  description: 'OpenBCI Cyton with Daisy: 16 channels at half the rate',
  defaultPort: 0,
  faults: CYTON_FAULTS,
  start: ({ faults = [] }) => CytonSimulator.start({ faults, hasDaisy: true })
}
