/** Metadata of an array of Zarr version 3, `zarr.json`: the part of the format that is read and written here. */
export interface ZarrArrayMetadata {
  readonly zarr_format: 3
  readonly node_type: 'array'
  readonly shape: readonly number[]
  /** As numpy has it: `int16`, `float64`, `bool`. */
  readonly data_type: string
  readonly chunk_grid: { readonly name: 'regular'; readonly configuration: { readonly chunk_shape: readonly number[] } }
  readonly chunk_key_encoding: {
    readonly name: 'default'
    readonly configuration: { readonly separator: '/' | '.' }
  }
  readonly fill_value: unknown
  readonly codecs: readonly ZarrCodec[]
  readonly attributes: Readonly<Record<string, unknown>>
  readonly dimension_names?: readonly (string | null)[]
}

export interface ZarrCodec {
  readonly name: string
  readonly configuration?: Readonly<Record<string, unknown>>
}

export interface ZarrGroupMetadata {
  readonly zarr_format: 3
  readonly node_type: 'group'
  readonly attributes: Readonly<Record<string, unknown>>
}

export const METADATA_FILE = 'zarr.json'

/** The file of a chunk below the folder of its array. */
export function chunkPath({ chunk_key_encoding }: ZarrArrayMetadata, place: readonly number[]): string {
  return ['c', ...place].join(chunk_key_encoding.configuration.separator)
}
