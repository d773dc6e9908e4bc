import { Decoder, Encoder, ExtData } from '@msgpack/msgpack'
import type { ExtensionCodecType } from '@msgpack/msgpack'
import { SerializeError } from '../errors.ts'
import { FloatValue } from './float.ts'
import { ENCODED } from './markers.ts'
import { scanMsgpack } from './scanMsgpack.ts'
import { MAX_DEPTH } from './Serializer.ts'
import type { Serializer, Tree } from './Serializer.ts'

/** A buffer that grew beyond this (bytes) is given back after the message. */
const KEPT_BUFFER = 1 << 20

const FLOAT64 = 0xcb

/** Bytes that an ext takes before its data, for the function form of `ExtData`: c9, length u32, type i8. */
const EXT_HEADER = 6
const PLACE_OF_FLOAT = new Uint8Array(9 - EXT_HEADER)

/**
 * The encoder writes integral numbers as integers and cannot be told otherwise for one value, nor to take in bytes
 * that are encoded already. But an ext is told where it stands, so one of the right length keeps the place, and the
 * real bytes are written over it afterwards: a float64 (cb, 8 bytes), or the first bytes of a proxy that was encoded
 * before. No ext ever leaves.
 */
const places: { position: number; content: number | Uint8Array }[] = []

const codec: ExtensionCodecType<undefined> = {
  tryToEncode(object) {
    if (object instanceof FloatValue) return placeFor(object.value, PLACE_OF_FLOAT)
    const encoded = (object as { [ENCODED]?: Map<string, Uint8Array> })[ENCODED]
    if (encoded === undefined) return null
    const bytes = encoded.get('msgpack') ?? keepEncoded(object as Tree, encoded)
    return placeFor(bytes, bytes.subarray(EXT_HEADER))
  },
  decode(_data, type) {
    throw new SerializeError(`a msgpack message: expected no ext types, got type ${type}`)
  }
}

function placeFor(content: number | Uint8Array, data: Uint8Array): ExtData {
  return new ExtData(0, (position) => {
    places.push({ position: position - EXT_HEADER, content })
    return data
  })
}

function keepEncoded(record: Tree, encoded: Map<string, Uint8Array>): Uint8Array {
  const bytes = new Encoder({ maxDepth: MAX_DEPTH }).encode(record)
  encoded.set('msgpack', bytes)
  return bytes
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
    places.length = 0
    const bytes = encoder.encode(tree)
    for (const { position, content } of places) {
      if (typeof content === 'number') {
        const view = new DataView(bytes.buffer)
        view.setUint8(position, FLOAT64)
        view.setFloat64(position + 1, content)
      } else for (let i = 0; i < EXT_HEADER; i++) bytes[position + i] = content[i] as number
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
