/** Faults of the Cortex simulator, by name. */
export const CORTEX_FAULTS = {
  drop: 'end every connection at once',
  halfOpen: 'keep connections open, but send nothing and answer nothing, for =<s> (default 5)',
  refuseConnection: 'end every connection, and refuse new ones for =<s> (default 5)',
  delay: 'answer each call =<ms> later (default 200; 0 ends it)',
  error: 'answer the next call of a method with an error: =<method>:<code> or =<method>:<code>:<times>',
  lose: 'lose the next =<n> samples of eeg and mot (default 1), which go on counting',
  interpolate: 'mark the next =<n> samples of eeg and mot (default 1) as made up by the server',
  silence: 'lose all samples for =<s> (default 1)',
  garbage: 'send =<n> frames (default 1) that are no messages',
  expireToken: 'let every token expire',
  refuseAccess: 'refuse access =<n> times (default 1), then grant it',
  headsetGone: 'lose the first headset for =<s> (default 5); its sessions are closed'
} as const
