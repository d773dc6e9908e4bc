import { crc32 } from 'node:zlib'

/** Of a message: tells chunks of the same place in two runs from each other. */
export function checksum(frames: readonly Uint8Array[]): number {
  let crc = 0
  for (const frame of frames) crc = crc32(frame, crc)
  return crc
}
