import { LINE_FAULTS } from '../LineFaults.ts'
import { SAMPLE_FAULTS } from '../SampleFaults.ts'

/** Faults of the Cyton simulator, by name. */
export const CYTON_FAULTS = {
  ...SAMPLE_FAULTS,
  ...LINE_FAULTS,
  drop: 'pull the dongle, and plug it in again',
  refuseConnection: 'pull the dongle, and plug it in again after =<s> (default 5)',
  corrupt: 'send the next =<n> packets (default 1) with a wrong stop byte',
  boardOff: 'turn the board off for =<s> (default 2): the stream ends, and the dongle answers that there is no board'
} as const
