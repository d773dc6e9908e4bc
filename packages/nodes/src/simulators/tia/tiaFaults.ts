import { LINE_FAULTS } from '../LineFaults.ts'
import { SAMPLE_FAULTS } from '../SampleFaults.ts'

/** Faults of the TiA simulator, by name. What counts samples elsewhere counts packets here. */
export const TIA_FAULTS = {
  ...LINE_FAULTS,
  ...SAMPLE_FAULTS,
  lose: 'lose the next =<n> packets (default 1); their numbers are left out',
  duplicate: 'send the next =<n> packets twice (default 1)',
  jump: 'let the packet numbers jump by =<n> (default 50) while no sample is lost',
  silence: 'lose all packets for =<s> (default 1); their numbers are left out'
} as const
