import { LINE_FAULTS } from '../LineFaults.ts'
import { SAMPLE_FAULTS } from '../SampleFaults.ts'

/** Faults of the LSL simulator, by name. Samples have no numbers: their stamps tell which are missing. */
export const LSL_FAULTS = {
  ...LINE_FAULTS,
  lose: 'lose the next =<n> chunks of 10 ms (default 1); the stamps go on',
  silence: 'lose all samples for =<s> (default 1); the stamps go on',
  rate: SAMPLE_FAULTS.rate,
  setClock: 'let the stamps jump by =<s> (default 100) while no sample is lost',
  late: 'stamp each chunk up to =<ms> too late (default 5; 0 ends it)',
  restart: 'end the outlet, and begin anew as another instance of the same source after =<s> (default 1)'
} as const
