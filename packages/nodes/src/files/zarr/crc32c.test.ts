import { expect, test } from 'vitest'
import { crc32c } from './crc32c.ts'

/** Bit by bit, as the definition has it. */
function slowly(bytes: Uint8Array): number {
  let sum = 0xffffffff
  for (const byte of bytes) {
    sum ^= byte
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ ((sum & 1) === 0 ? 0 : 0x82f63b78)
  }
  return (sum ^ 0xffffffff) >>> 0
}

// RFC 3720, appendix B.4, and the usual check value.
test.each([
  ['', 0],
  ['123456789', 0xe3069283],
  ['\0'.repeat(32), 0x8a9136aa],
  ['\xff'.repeat(32), 0x62a8ab43]
])('CRC-32C of %j', (text, sum) => {
  expect(crc32c(Buffer.from(text, 'latin1'))).toBe(sum)
})

test('every length and alignment gives the sum of the definition', () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, k) => (k * 89 + 7) & 0xff)
  for (let from = 0; from < 9; from++) {
    for (let to = from; to <= 64; to++) expect(crc32c(bytes.subarray(from, to))).toBe(slowly(bytes.subarray(from, to)))
  }
})
