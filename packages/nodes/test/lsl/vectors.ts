import { vectorsOf } from '../vectors.ts'

type Value = number | string

export interface Push {
  readonly op: 'push_sample' | 'push_chunk'
  readonly data: readonly (readonly Value[])[]
  readonly timestamp: number | readonly number[]
  readonly pushthrough?: boolean
}

interface Feed {
  readonly channel_format: string
  readonly channel_count: number
  readonly nominal_srate: number
  readonly request_text: string
  readonly request_hex: string
  readonly pushes: readonly Push[]
  readonly data_writes_hex: readonly string[]
  readonly decoded_by_real_inlet: readonly { readonly timestamp: number; readonly values: readonly Value[] }[]
}

export interface Variant {
  readonly name: string
  readonly request_hex: string
  readonly request_text: string
  readonly response_hex: string
  readonly server_closed: boolean
  readonly response_head_text: string
  readonly response_body_offset: number
}

export const feeds110 = vectorsOf<{
  feeds: readonly (Feed & {
    readonly response_header_hex: string
    readonly response_header_text: string
    readonly test_pattern_hex: string
  })[]
}>('lsl/streamfeed_110.json').feeds

export const feeds100 = vectorsOf<{
  feeds: readonly (Feed & { readonly shortinfo_text: string; readonly whole_first_write_hex: string })[]
}>('lsl/streamfeed_100.json').feeds

export const variants = vectorsOf<{
  float32_stream: readonly Variant[]
  string_stream: readonly Variant[]
}>('lsl/streamfeed_variants.json')

export const patterns = vectorsOf<{
  patterns: readonly {
    readonly channel_format: string
    readonly channel_count: number
    readonly little_endian: PatternBytes
    readonly big_endian: PatternBytes
  }[]
}>('lsl/test_patterns.json').patterns

interface PatternBytes {
  readonly byte_order_header: string
  readonly length: number
  readonly sha256: string
  readonly hex?: string
}

export const headers = vectorsOf<{
  streams: readonly {
    readonly name: string
    readonly shortinfo_datagram_hex: string
    readonly fullinfo_hex: string
  }[]
}>('lsl/xml_headers.json').streams

interface Predicate {
  readonly query: string
  readonly replies: number
}

export const discovery = vectorsOf<{
  loopback: readonly { readonly hex: string }[]
  formats: readonly {
    readonly name: string
    readonly request_hex: string
    readonly replies: readonly { readonly hex: string; readonly source_port: number }[]
  }[]
  queries_f32: readonly Predicate[]
  queries_meta: readonly Predicate[]
  recovery_queries: readonly { readonly text: string; readonly hex: string }[]
}>('lsl/discovery.json')

export const timeData = vectorsOf<{
  bursts: readonly { readonly dir: string; readonly hex: string; readonly text: string }[]
  variants: readonly { readonly name: string; readonly request_hex: string; readonly replies: readonly string[] }[]
}>('lsl/timedata.json')

/** The stamps that an outlet sends for a push; NaN where they follow from the one before. */
export function stampsOf({ data, timestamp }: Push, rate: number): Float64Array {
  const stamps = new Float64Array(data.length).fill(NaN)
  if (Array.isArray(timestamp)) stamps.set(timestamp as readonly number[])
  else if (timestamp !== -1) stamps[0] = (timestamp as number) - (rate > 0 ? (data.length - 1) / rate : 0)
  return stamps
}

/** Values as JSON has them: those that it has no numbers for are texts. */
export function numberOf(value: Value): number {
  return typeof value === 'number' ? value : value === '-0' ? -0 : Number(value)
}
