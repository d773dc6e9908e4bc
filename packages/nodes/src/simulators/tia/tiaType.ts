import type { SimulatorType } from '../Simulator.ts'
import { TIA_FAULTS } from './tiaFaults.ts'
import { TiaSimulator } from './TiaSimulator.ts'

export const tiaType: SimulatorType = {
  description: 'a TiA 1.0 server: EEG and EMG, over TCP and UDP',
  defaultPort: 9000,
  faults: TIA_FAULTS,
  start: (options) => TiaSimulator.start(options)
}
