import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { combineCrc32 } from './crc32.ts'

test('the checksum of two pieces is that of the whole', () => {
  expect(combineCrc32(crc32('12345'), crc32('6789'), 4)).toBe(0xcbf43926)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5000 }), fc.uint8Array({ maxLength: 5000 }), (first, second) => {
      const whole = crc32(Buffer.concat([first, second]))
      expect(combineCrc32(crc32(first), crc32(second), second.length)).toBe(whole)
    })
  )
})
