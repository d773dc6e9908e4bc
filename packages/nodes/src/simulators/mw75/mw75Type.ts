import type { SimulatorType } from '../Simulator.ts'
import { MW75_FAULTS } from './mw75Faults.ts'
import { Mw75Simulator } from './Mw75Simulator.ts'

export const mw75Type: SimulatorType = {
  description: 'MW75 Neuro headphones behind their WebSocket server: 12 channels of EEG at 500 Hz',
  defaultPort: 8080,
  faults: MW75_FAULTS,
  start: (options) => Mw75Simulator.start(options)
}
