import type { ByteSource } from '../src/files/mcap/FileWindow.ts'

/** Bytes in memory, to be read as a file is. */
export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    readInto: async (target, position) => {
      if (position + target.length > bytes.length) throw new Error(`read beyond the end: ${position + target.length}`)
      target.set(bytes.subarray(position, position + target.length))
      await Promise.resolve()
    }
  }
}
