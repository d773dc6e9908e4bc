import { LINE_FAULTS } from '../LineFaults.ts'
import { SAMPLE_FAULTS } from '../SampleFaults.ts'

/** Faults of the Cortex simulator, by name. */
export const CORTEX_FAULTS = {
  ...LINE_FAULTS,
  ...SAMPLE_FAULTS,
  lose: 'lose the next =<n> samples of eeg and mot (default 1), which go on counting',
  duplicate: 'send the next =<n> samples of eeg and mot twice (default 1)',
  jump: 'let the counters of eeg and mot jump by =<n> (default 50) while no sample is lost',
  interpolate: 'mark the next =<n> samples of eeg and mot (default 1) as made up by the server',
  garbage: 'send =<n> frames (default 1) that are no messages',
  error: 'answer the next call of a method with an error: =<method>:<code> or =<method>:<code>:<times>',
  expireToken: 'let every token expire',
  refuseAccess: 'refuse access =<n> times (default 1), then grant it',
  headsetGone: 'lose the first headset for =<s> (default 5); its sessions are closed'
} as const
