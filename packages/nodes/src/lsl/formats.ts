/** Type of all values of a stream, as LSL names it. */
export type LslFormat = 'float32' | 'double64' | 'string' | 'int32' | 'int16' | 'int8' | 'int64'
export type LslNumberFormat = Exclude<LslFormat, 'string'>

/** Numbers: bytes of a value, and the dtype of the same bytes. */
const NUMBERS = {
  float32: { bytes: 4, dtype: 'float32' },
  double64: { bytes: 8, dtype: 'float64' },
  int64: { bytes: 8, dtype: 'int64' },
  int32: { bytes: 4, dtype: 'int32' },
  int16: { bytes: 2, dtype: 'int16' },
  int8: { bytes: 1, dtype: 'int8' }
} as const satisfies Record<LslNumberFormat, { bytes: number; dtype: string }>

export const LSL_FORMATS: readonly LslFormat[] = [...(Object.keys(NUMBERS) as LslNumberFormat[]), 'string']

export function isLslFormat(text: string): text is LslFormat {
  return (LSL_FORMATS as readonly string[]).includes(text)
}

export function isFloatFormat(format: LslFormat): boolean {
  return format === 'float32' || format === 'double64'
}

/** Bytes of a value; 0 for texts, which have no fixed size. */
export function valueBytes(format: LslFormat): number {
  return format === 'string' ? 0 : NUMBERS[format].bytes
}

/** numpy's name of the type of a format's numbers. */
export function dtypeOfFormat(format: LslNumberFormat): (typeof NUMBERS)[LslNumberFormat]['dtype'] {
  return NUMBERS[format].dtype
}

/** The format of numbers of a dtype, if they fit into one; `isScaled`: as physical values, with as many digits as they have. */
export function formatOfDType(name: string, isScaled: boolean): LslNumberFormat | undefined {
  const same = (Object.keys(NUMBERS) as LslNumberFormat[]).find((format) => NUMBERS[format].dtype === name)
  const wider: Readonly<Record<string, LslNumberFormat>> = {
    bool: 'int8',
    uint8: 'int16',
    uint16: 'int32',
    uint32: 'int64',
    float16: 'float32'
  }
  const found = same ?? wider[name]
  if (!isScaled || found === undefined) return found
  return found === 'int8' || found === 'int16' || found === 'float32' ? 'float32' : 'double64'
}
