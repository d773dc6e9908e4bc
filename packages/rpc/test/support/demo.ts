import { NdArray } from '@nodeacq/ndarray'
import { CalendarDate, MicrosecondDate, float, plainDialect } from '../../src/index.ts'
import type { Dialect } from '../../src/index.ts'

/** The object that the recorded pyacq server published as `demo`, member by member, in its spelling. */
export class Demo {
  get '~proxied'(): true {
    return true
  }

  count = 10
  nested = new Nested()

  add(a: unknown, b: unknown): number {
    if (typeof a !== 'number' || typeof b !== 'number') throw new TypeError('unsupported operand type(s)')
    return a + b
  }

  kw(a: unknown, { b = 2, c = 'x' }: { b?: unknown; c?: unknown } = {}): unknown[] {
    return [a, b, c]
  }

  echo(value: unknown): unknown {
    return value
  }

  type_name(value: object): string {
    return value.constructor.name
  }

  none(): void {}

  types(): unknown {
    return {
      int: 7,
      float: 0.5,
      str: 'xxx',
      bytes: Buffer.from('xxx'),
      ndarray: NdArray.fromTyped(Int16Array.of(0, 1, 2, 3, 4, 5), [2, 3]),
      dict: {},
      list: [],
      none: null,
      bool: true
    }
  }

  bytes_(): Uint8Array {
    return Buffer.from('xxx')
  }

  dt(): Date {
    return new MicrosecondDate(Date.UTC(2015, 0, 1, 12), 250)
  }

  date(): CalendarDate {
    return new CalendarDate(2015, 1, 1)
  }

  a_set(): ReadonlySet<number> {
    return new Set([1, 2])
  }

  tup(): unknown[] {
    return [1, [2, 3]]
  }

  nan(): number[] {
    return [NaN, Infinity, -Infinity]
  }

  struct_arr(): NdArray {
    const bytes = Buffer.from(
      '01000000000000000200000000000000000000000000e03f03000000000000000400000000000000000000000000f83f',
      'hex'
    )
    return NdArray.fromBuffer(bytes, { dtype: "[('index', '<i8'), ('label', '<i8'), ('jitter', '<f8')]", shape: [2] })
  }

  dt_arr(): NdArray {
    return NdArray.fromBuffer(Buffer.from('fade5da54a010000', 'hex'), { dtype: 'datetime64[ms]', shape: [1] })
  }

  np_scalar(type: string): number {
    return type.startsWith('float') ? float(3) : 3
  }

  make(): Nested {
    return new Nested()
  }

  boom(): never {
    throw new RangeError('deliberate')
  }
}

export class Nested {
  get '~proxied'(): true {
    return true
  }

  name = 'nested'
}

const RECORDED_TYPES: Readonly<Record<string, string>> = {
  Demo: '__main__.Demo',
  Nested: '__main__.Nested',
  ServerSelf: 'pyacq.core.rpc.server.RPCServer'
}

/** Names of types as the recorded server had them, and the one module that was imported from it. */
export const recordedDialect: Dialect = {
  ...plainDialect,
  importModule: (name) => (name === 'os.path' ? osPath : undefined),
  typeName: (value) =>
    value === osPath
      ? "<class 'module'>"
      : plainDialect.typeName(value).replace(/'(\w+)'/, (_all, name: string) => `'${RECORDED_TYPES[name] ?? name}'`)
}

const osPath = { join: (...parts: string[]) => parts.join('/') }
