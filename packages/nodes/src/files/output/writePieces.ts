import type { FileHandle } from 'node:fs/promises'

/**
 * Writes all pieces from `position` on, and continues writes that the system cut short.
 * @param written told the bytes of each write that returned, also before one that fails
 */
export async function writePieces(
  handle: FileHandle,
  pieces: readonly Uint8Array[],
  position: number,
  written: (bytes: number) => void
): Promise<void> {
  let at = position
  let rest = pieces.filter(({ byteLength }) => byteLength > 0)
  while (rest.length > 0) {
    // The system takes at most 1024 pieces at once.
    const { bytesWritten } = await handle.writev(rest.slice(0, 1024), at)
    at += bytesWritten
    written(bytesWritten)
    let skip = bytesWritten
    rest = rest.flatMap((piece) => {
      const done = Math.min(skip, piece.byteLength)
      skip -= done
      return done === piece.byteLength ? [] : [piece.subarray(done)]
    })
  }
}
