import type { OpenFile } from '../files/OpenFile.ts'
import type { OutputFile } from '../files/output/OutputFile.ts'

const BLOCK = 4 << 20

/** Adds bytes `[from, to)` of a file to another. */
export async function copyBytes(
  source: OpenFile,
  target: OutputFile,
  { from, to, progress }: { from: number; to: number; progress?: ((bytes: number) => void) | undefined }
): Promise<void> {
  for (let at = from; at < to; at += BLOCK) {
    const end = Math.min(at + BLOCK, to)
    await target.append(await source.read(at, end - at))
    progress?.(end)
  }
}
