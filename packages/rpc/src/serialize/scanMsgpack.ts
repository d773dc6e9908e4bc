import { SerializeError } from '../errors.ts'
import { MAX_DEPTH, MAX_ITEMS } from './Serializer.ts'

/**
 * Walks over a message without building anything, and refuses what a decoder would choke on: containers that claim
 * more items than there are bytes, nesting beyond `MAX_DEPTH`, more than `MAX_ITEMS` values, ext types, and anything
 * before or after the one value.
 * @throws {SerializeError}
 */
export function scanMsgpack(bytes: Uint8Array): void {
  const length = bytes.length
  /** Items still to come in each open container. */
  const open: number[] = []
  let position = 0
  let items = 0
  let left = 1
  for (;;) {
    while (left === 0) {
      const outer = open.pop()
      if (outer === undefined) {
        if (position !== length) throw malformed(bytes, `ends after ${position} of ${length} bytes`)
        return
      }
      left = outer
    }
    left--
    if (position >= length) throw malformed(bytes, 'is cut off')
    if (++items > MAX_ITEMS) throw malformed(bytes, `holds more than ${MAX_ITEMS} values; large data belongs in arrays`)
    const tag = bytes[position++] as number
    let count = 0
    if (tag < 0x80 || tag >= 0xe0) continue
    else if (tag < 0x90) count = (tag & 0x0f) * 2
    else if (tag < 0xa0) count = tag & 0x0f
    else if (tag < 0xc0) position += tag & 0x1f
    else {
      switch (tag) {
        case 0xc0: // nil, false, true
        case 0xc2:
        case 0xc3:
          break
        case 0xc4: // bin, str
        case 0xd9:
          position += 1 + at(bytes, position, 1)
          break
        case 0xc5:
        case 0xda:
          position += 2 + at(bytes, position, 2)
          break
        case 0xc6:
        case 0xdb:
          position += 4 + at(bytes, position, 4)
          break
        case 0xcc: // integers and floats
        case 0xd0:
          position += 1
          break
        case 0xcd:
        case 0xd1:
          position += 2
          break
        case 0xca:
        case 0xce:
        case 0xd2:
          position += 4
          break
        case 0xcb:
        case 0xcf:
        case 0xd3:
          position += 8
          break
        case 0xdc: // arrays and maps
          count = at(bytes, position, 2)
          position += 2
          break
        case 0xdd:
          count = at(bytes, position, 4)
          position += 4
          break
        case 0xde:
          count = at(bytes, position, 2) * 2
          position += 2
          break
        case 0xdf:
          count = at(bytes, position, 4) * 2
          position += 4
          break
        default:
          throw malformed(bytes, `has the type byte 0x${tag.toString(16)}, which is not used here`)
      }
    }
    if (count > 0) {
      if (count > length - position) throw malformed(bytes, `claims ${count} values in ${length - position} bytes`)
      if (open.length >= MAX_DEPTH) throw malformed(bytes, `is nested deeper than ${MAX_DEPTH} levels`)
      open.push(left)
      left = count
    }
  }
}

/** Big-endian number of `size` bytes. */
function at(bytes: Uint8Array, position: number, size: number): number {
  if (position + size > bytes.length) throw malformed(bytes, 'is cut off')
  let value = 0
  for (let i = 0; i < size; i++) value = value * 256 + (bytes[position + i] as number)
  return value
}

function malformed(bytes: Uint8Array, what: string): SerializeError {
  return new SerializeError(`a msgpack message of ${bytes.length} bytes ${what}`)
}
