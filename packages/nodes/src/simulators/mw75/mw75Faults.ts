import { LINE_FAULTS } from '../LineFaults.ts'
import { SAMPLE_FAULTS } from '../SampleFaults.ts'

/** Faults of the radio between headset and server, and what each is called on a line. */
export const RADIO_KINDS = {
  radioGarbage: 'garbage',
  radioCorrupt: 'corrupt',
  radioCut: 'cut',
  radioTruncate: 'truncate',
  radioDelay: 'delay'
} as const satisfies Record<string, keyof typeof LINE_FAULTS>

/** Faults of the headset itself. */
export const HEADSET_FAULTS = {
  ...SAMPLE_FAULTS,
  radioGarbage: 'send =<n> bytes that mean nothing (default 20) between two packets',
  radioCorrupt: 'change one bit in each of the next =<n> packets (default 1)',
  radioCut: 'cut what the headset sends at random places for =<s> (default 5)',
  radioTruncate: 'leave out the second half of the next packet',
  radioDelay: 'send what the headset sends =<ms> later (default 200; 0 ends it)',
  linkLost: 'end the data link of the headset, =<n> packets from now (default 0)',
  bleError: 'be absent for the next =<n> attempts to connect (default 1)',
  rfcommError: 'refuse the data link for the next =<n> attempts (default 1)',
  battery: 'set the battery to =<percent> (default 20)',
  otherEvent: 'send =<n> packets (default 1) that are no EEG'
} as const

/** Faults of the MW75 simulator, by name. */
export const MW75_FAULTS = { ...LINE_FAULTS, ...HEADSET_FAULTS } as const
