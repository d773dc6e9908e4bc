import type { SideMessageOf } from '../side/messages.ts'
import { checksum } from './checksum.ts'
import type { ChunkLog } from './ChunkLog.ts'

/**
 * Which of the runs from `runs.from` to `runs.to` sent a message: the first one that has it in the log, unless the log has
 * forgotten chunks of an earlier one, which may have sent the same; else the only one whose chunks are not all there.
 * @param beginnings position in the log of the first chunk of each run
 */
export function findSender(
  log: ChunkLog,
  { index, crc }: Pick<SideMessageOf<'sync'>, 'index' | 'crc'>,
  runs: { from: number | null; to: number; beginnings: ReadonlyMap<number, number> }
): number | null {
  if (index === null || crc === null || runs.from === null) return null
  const partly: number[] = []
  for (let run = runs.from; run <= runs.to; run++) {
    const position = log.find(run, index - 1)
    const entry = position < log.end ? log.at(position) : undefined
    const isSame = entry?.run === run && entry.index === index && checksum(entry.frames ?? []) === crc
    if (isSame) return partly.length === 0 ? run : null
    if ((runs.beginnings.get(run) ?? 0) < log.first) partly.push(run)
  }
  return partly.length === 1 ? (partly[0] ?? null) : null
}
