/** What an AudioDevice counts beside the samples of its streams. */
export type AudioCounts = Record<
  /** Times that the system said it had lost samples. */
  | 'overruns'
  /** Times that there was nothing to play. */
  | 'underruns'
  /** Samples that were recorded by nobody: while the device was away, or lost before they came here. */
  | 'missingSamples'
  /** Samples that were not played because the source is faster than the device. */
  | 'droppedSamples'
  /** Times that a device came back. */
  | 'reconnects',
  number
>

export function noAudioCounts(): AudioCounts {
  return { overruns: 0, underruns: 0, missingSamples: 0, droppedSamples: 0, reconnects: 0 }
}
