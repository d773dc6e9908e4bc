import { ChunkError } from '../errors.ts'
import { MAX_WORD, readUint64, writeUint64 } from './words.ts'

const MESSAGE_SIZE = 16
const SIZE_AT = 8

/**
 * Message of transfer mode `sharedmem`: one zmq frame, big-endian.
 *
 *   index  u64   index of the last sample of the chunk, plus one
 *   size   u64   samples in the chunk
 */
export function chunkMessage(index: number, count: number): Uint8Array {
  const message = new Uint8Array(MESSAGE_SIZE)
  writeUint64(message, 0, index)
  writeUint64(message, SIZE_AT, count)
  return message
}

/**
 * What a message says, for a ring of `size` samples.
 * @throws {ChunkError}
 */
export function readChunkMessage(frames: readonly Uint8Array[], size: number): { index: number; count: number } {
  const [message] = frames
  if (frames.length !== 1 || message?.length !== MESSAGE_SIZE) {
    const got = frames.map((frame) => frame.length).join(' + ')
    throw new ChunkError('malformed', `message of a chunk in shared memory: expected 16 bytes, got ${got}`)
  }
  const index = readUint64(message, 0)
  const count = readUint64(message, SIZE_AT)
  if (index > MAX_WORD || count > Math.min(size, index)) {
    const expected = `at most ${size} samples, up to an index of ${MAX_WORD}`
    throw new ChunkError(
      'malformed',
      `message of a chunk in shared memory: expected ${expected}, got ${count}, ${index}`
    )
  }
  return { index, count }
}
