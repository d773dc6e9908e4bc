import type { RecordedStream } from '../files/SampleFile.ts'
import { isEventStream } from './ReplayPart.ts'

/**
 * The output of FileReplay for each stream of a recording, by name. The main stream, that of the highest rate, is always
 * `signals`, so that a graph suits any file.
 */
export function replayOutputs(streams: readonly RecordedStream[]): Map<string, string> {
  const main = streams.find(({ name }) => name === 'signals') ?? streams.find((stream) => !isEventStream(stream))
  return new Map(streams.map((stream) => [stream.name, stream === main ? 'signals' : stream.name]))
}
