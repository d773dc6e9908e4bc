/** How well the clock of a stream was known while it was recorded. */
export interface ClockFacts {
  /** As `RecordedStream.name`. */
  readonly stream: string
  /** Marks of the clock that the recording holds. */
  readonly marks: number
  /** Hz by this host's clock, from the first mark to the last; undefined with fewer than two. */
  readonly measuredRate: number | undefined
  /** Parts per million by which that is more than the rate that the stream says, and how much of it is not sure. */
  readonly drift: number | undefined
  readonly driftUncertainty: number | undefined
  /** s that the time of a sample may be wrong, at the worst mark; undefined without marks. */
  readonly uncertainty: number | undefined
}

/** What a recording knows of itself beside its streams. */
export interface RecordingFacts {
  /** Its end is there. */
  readonly isClosed: boolean
  /** Why it ended, such as `stop`; undefined where that is not there. */
  readonly reason: string | undefined
  /** What made it, such as `nodeacq 1.2.0`. */
  readonly library: string
  /** Texts that were attached, by name: the graph, the certificate. */
  readonly attachments: ReadonlyMap<string, string>
  /** Names of the files of the same recording before and behind this one, where there are such. */
  readonly previous: string | undefined
  readonly next: string | undefined
  /** One for each stream of samples. */
  readonly clocks: readonly ClockFacts[]
  /** What of the graph was noted meanwhile. */
  readonly notes: { readonly paramChanges: number; readonly warnings: number; readonly errors: number }
}
