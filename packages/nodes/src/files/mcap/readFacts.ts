import { access } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ClockFacts, RecordingFacts } from '../RecordingFacts.ts'
import type { ChunkReader } from './ChunkReader.ts'
import { FileWindow } from './FileWindow.ts'
import { LOG, PARAMS, readJson, type LogIndex } from './LogIndex.ts'
import type { McapStream } from './McapStream.ts'
import type { StoredMessage } from './readChunkRecords.ts'
import { scanLog } from './scanLog.ts'

/** Where a stream was when, by this host's monotonic clock, s. */
interface ClockMark {
  readonly index: number
  readonly time: number
  readonly uncertainty: number
}

/** Reads what a log knows of itself: its front, and the chunks that hold marks of clocks and notes. */
export async function readFacts(
  chunks: ChunkReader,
  index: LogIndex,
  streams: readonly McapStream[]
): Promise<RecordingFacts> {
  const marks = await clockMarks(chunks, index)
  const { previous } = index.metadata['nodeacq.recording'] ?? {}
  return {
    isClosed: index.isClosed,
    reason: index.reason,
    ...(await readFront(chunks)),
    previous: previous || undefined,
    next: await nextPart(chunks.file.path, Number(index.metadata['nodeacq.recording']?.['part'] ?? 1)),
    clocks: streams.map(({ name, topic, sampleRate }) => clockFacts(name, sampleRate, marks.get(topic) ?? [])),
    notes: await countNotes(chunks, index)
  }
}

async function readFront({ file }: ChunkReader): Promise<Pick<RecordingFacts, 'library' | 'attachments'>> {
  let library = ''
  const attachments = new Map<string, string>()
  for await (const item of scanLog(new FileWindow(file))) {
    if (item.kind === 'chunk' || item.kind === 'end') break
    if (item.kind === 'header') ({ library } = item)
    if (item.kind === 'attachment') attachments.set(item.name, Buffer.from(item.data).toString('utf8'))
  }
  return { library, attachments }
}

/** A further part is named by its number, and stands beside this one. */
async function nextPart(path: string, part: number): Promise<string | undefined> {
  const first = basename(path, '.mcap').replace(/_part-\d+$/, '')
  const name = `${first}_part-${String(part + 1).padStart(3, '0')}.mcap`
  return await access(join(dirname(path), name)).then(
    () => name,
    () => undefined
  )
}

/** By topic, in the order of the file. */
async function clockMarks(chunks: ChunkReader, index: LogIndex): Promise<ReadonlyMap<string, readonly ClockMark[]>> {
  const marks = new Map<string, ClockMark[]>()
  await eachMessage(chunks, index.clockChunks, ({ channelId, data }) => {
    if (index.channels.get(channelId)?.topic !== '/nodeacq/clock') return
    const { clock, stream, index: at, mono, uncertaintyNs } = readJson(data)
    if (clock !== 'host' || typeof stream !== 'string') return
    const mark = { index: Number(at), time: Number(mono) / 1e9, uncertainty: Number(uncertaintyNs) / 1e9 }
    if (!Object.values(mark).every(Number.isFinite)) return
    const known = marks.get(stream)
    if (known === undefined) marks.set(stream, [mark])
    else known.push(mark)
  })
  return marks
}

function clockFacts(stream: string, rate: number, marks: readonly ClockMark[]): ClockFacts {
  const [first, last] = [marks[0], marks.at(-1)]
  const uncertainty = marks.length === 0 ? undefined : Math.max(...marks.map((mark) => mark.uncertainty))
  const none = { measuredRate: undefined, drift: undefined, driftUncertainty: undefined }
  const facts = { stream, marks: marks.length, uncertainty }
  if (first === undefined || last === undefined || last.time <= first.time || rate <= 0) return { ...facts, ...none }
  const seconds = last.time - first.time
  const measuredRate = (last.index - first.index) / seconds
  const driftUncertainty = ((first.uncertainty + last.uncertainty) / seconds) * 1e6
  return { ...facts, measuredRate, drift: (measuredRate / rate - 1) * 1e6, driftUncertainty }
}

async function countNotes(chunks: ChunkReader, { noteChunks, channels }: LogIndex): Promise<RecordingFacts['notes']> {
  const counts = { paramChanges: 0, warnings: 0, errors: 0 }
  await eachMessage(chunks, noteChunks, ({ channelId, data }) => {
    const topic = channels.get(channelId)?.topic
    if (topic === PARAMS) counts.paramChanges += 1
    else if (topic === LOG) counts[readJson(data)['level'] === 'error' ? 'errors' : 'warnings'] += 1
  })
  return counts
}

async function eachMessage(
  chunks: ChunkReader,
  offsets: readonly number[],
  take: (message: StoredMessage) => void
): Promise<void> {
  for (const offset of offsets) await chunks.read(offset, ({ messages }) => messages.forEach(take))
}
