import { Decoder, Encoder, ExtData } from '@msgpack/msgpack'
import type { ExtensionCodecType } from '@msgpack/msgpack'
import { SerializeError } from '../errors.ts'
import { FloatValue } from './float.ts'
import { scanMsgpack } from './scanMsgpack.ts'
import { MAX_DEPTH } from './Serializer.ts'
import type { Serializer, Tree } from './Serializer.ts'

/** A buffer that grew beyond this (bytes) is given back after the message. */
const KEPT_BUFFER = 1 << 20

const FLOAT64 = 0xcb
const PLACE_OF_FLOAT = new Uint8Array(3)

/**
 * The encoder writes integral numbers as integers and cannot be told otherwise for one value. An ext of 3 bytes takes
 * 9 bytes (c9, length u32, type, data), as many as a float64 (cb, 8 bytes), and its data function is told where it
 * stands: floats are written over that place afterwards. No ext ever leaves.
 */
const floats: { position: number; value: number }[] = []

const codec: ExtensionCodecType<undefined> = {
  tryToEncode(object) {
    if (!(object instanceof FloatValue)) return null
    return new ExtData(0, (position) => {
      floats.push({ position: position - 6, value: object.value })
      return PLACE_OF_FLOAT
    })
  },
  decode(_data, type) {
    throw new SerializeError(`a msgpack message: expected no ext types, got type ${type}`)
  }
}

const newEncoder = () => new Encoder({ extensionCodec: codec, useBigInt64: true, maxDepth: MAX_DEPTH })
let encoder = newEncoder()

const decoder = new Decoder({
  extensionCodec: codec,
  useBigInt64: true,
  mapKeyConverter(key) {
    if (typeof key === 'string') return key
    throw new SerializeError(`a msgpack map: expected text as key, got ${typeof key} ${String(key)}`)
  }
})

/** MessagePack as pyacq speaks it: no ext types, floats always float64, 64-bit integers exact. */
export const msgpack: Serializer = {
  name: 'msgpack',

  encode(tree: Tree) {
    floats.length = 0
    const bytes = encoder.encode(tree)
    if (floats.length > 0) {
      const view = new DataView(bytes.buffer)
      for (const { position, value } of floats) {
        view.setUint8(position, FLOAT64)
        view.setFloat64(position + 1, value)
      }
    }
    if (bytes.length > KEPT_BUFFER) encoder = newEncoder()
    return bytes
  },

  decode(bytes: Uint8Array) {
    scanMsgpack(bytes)
    try {
      return decoder.decode(bytes) as Tree
    } catch (error) {
      if (error instanceof SerializeError) throw error
      throw new SerializeError(`a msgpack message of ${bytes.length} bytes cannot be decoded: ${messageOf(error)}`, {
        cause: error
      })
    }
  },

  recognizes(message: Uint8Array) {
    const first = message[0] ?? 0
    return (first & 0xf0) === 0x80 || first === 0xde || first === 0xdf
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
