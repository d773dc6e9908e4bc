import type { ReadonlyNdArray, TypedArray } from '@nodeacq/ndarray'

/** The samples in C order and in this machine's byte order; a view where they lie like that. */
export function nativeValues(data: ReadonlyNdArray): TypedArray {
  const contiguous = data.toContiguous()
  return contiguous.dtype.isNative ? contiguous.typed() : contiguous.astype(nativeName(contiguous.dtype.name)).typed()
}

/** `>i4` → `<i4`. */
function nativeName(name: string): string {
  return name.replace(/^>/, '<')
}
