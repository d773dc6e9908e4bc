import { SerializeError } from '../errors.ts'
import { FloatValue } from './float.ts'
import { parsePythonJson } from './parseJson.ts'
import { MAX_DEPTH } from './Serializer.ts'
import type { Serializer, Tree } from './Serializer.ts'
import { MARKER } from './markers.ts'

/** JSON as Python's `json.dumps` writes it: ASCII with `\u` escapes, `", "` and `": "`, bare NaN and Infinity. */
export const json: Serializer = {
  name: 'json',

  encode(tree: Tree) {
    return Buffer.from(write(tree, 0), 'latin1')
  },

  decode(bytes: Uint8Array) {
    return parsePythonJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'))
  },

  recognizes(message: Uint8Array) {
    return message[0] === 0x7b
  }
}

function write(tree: Tree, depth: number): string {
  if (depth > MAX_DEPTH) throw new SerializeError(`a JSON message: nested deeper than ${MAX_DEPTH} levels`)
  switch (typeof tree) {
    case 'string':
      return quote(tree)
    case 'number':
      return Number.isSafeInteger(tree) ? String(tree) : pythonFloat(tree)
    case 'bigint':
    case 'boolean':
      return String(tree)
    default:
  }
  if (tree === null) return 'null'
  if (Array.isArray(tree)) return `[${(tree as readonly Tree[]).map((item) => write(item, depth + 1)).join(', ')}]`
  if (tree instanceof FloatValue) return pythonFloat(tree.value)
  if (tree instanceof Uint8Array) return `{"${MARKER}": "bytes", "data": "${base64(tree)}"}`
  const map = tree as { readonly [key: string]: Tree }
  // The data of an array stands as base64 without a marker of its own.
  const bare = map[MARKER] === 'ndarray'
  const entries = Object.entries(map).map(([key, value]) => {
    const text = bare && value instanceof Uint8Array ? `"${base64(value)}"` : write(value, depth + 1)
    return `${quote(key)}: ${text}`
  })
  return `{${entries.join(', ')}}`
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  )
}

/** Python's `repr` of a float: shortest digits, exponent outside 1e-4 … 1e16, always a point or an exponent. */
function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  if (Object.is(value, -0)) return '-0.0'
  const [mantissa = '', power = '0'] = value.toExponential().split('e')
  const exponent = Number(power)
  if (value === 0 || (exponent >= -4 && exponent < 16)) {
    const plain = exponent < 0 ? value.toFixed(mantissa.replace(/[-.]/g, '').length - 1 - exponent) : String(value)
    return plain.includes('.') ? plain : `${plain}.0`
  }
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}
