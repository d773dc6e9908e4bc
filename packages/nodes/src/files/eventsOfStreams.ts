import type { RecordedEvent, RecordedStream } from './SampleFile.ts'

/** An event that counts samples of the stream at a place. */
export interface StreamEvent extends RecordedEvent {
  readonly stream: RecordedStream
}

/** Events by the samples of the first stream, in their order. */
export function eventsOfStreams(events: readonly StreamEvent[], streams: readonly RecordedStream[]): RecordedEvent[] {
  const [first] = streams
  if (first === undefined) return []
  return events
    .map(({ stream, ...event }) => {
      if (stream === first || !(stream.sampleRate > 0) || !(first.sampleRate > 0)) return event
      const ratio = first.sampleRate / stream.sampleRate
      const time = stream.offset + (event.index - stream.startIndex) / stream.sampleRate - first.offset
      const index = first.startIndex + Math.round(time * first.sampleRate)
      return { ...event, index, duration: Math.round(event.duration * ratio) }
    })
    .toSorted((a, b) => a.index - b.index)
}
