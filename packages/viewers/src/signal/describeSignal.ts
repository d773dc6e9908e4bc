import { parseDType } from '@nodeacq/ndarray'
import type { StreamInfo } from '@nodeacq/stream'
import { displayType } from './displaySamples.ts'
import { SignalStore } from './SignalStore.ts'
import type { Signal } from './SignalView.ts'

/** A signal with an empty store, from what its stream says. */
export function describeSignal(info: StreamInfo, { stream, seconds }: { stream: string; seconds: number }): Signal {
  const { sampleRate, channelInfo, units } = info
  const channels = info.shape[1] ?? 1
  const perChannel = (value: number | readonly number[] | null, fallback: number): number[] =>
    Array.from({ length: channels }, (_, c) => (typeof value === 'number' ? value : (value?.[c] ?? fallback)))
  return {
    store: new SignalStore({ channels, sampleRate, dtype: displayType(parseDType(info.dtype)), seconds }),
    info: {
      stream,
      sampleRate,
      channels: Array.from({ length: channels }, (_, c) => ({
        name: channelInfo?.[c]?.name ?? `ch${c}`,
        unit: unitOf(channelInfo?.[c], units, c)
      }))
    },
    scale: perChannel(info.scale, 1),
    offset: perChannel(info.offset, 0)
  }
}

function unitOf(
  channel: Readonly<Record<string, unknown>> | undefined,
  units: string | readonly string[],
  c: number
): string {
  const own = channel?.['units'] ?? channel?.['unit']
  if (typeof own === 'string') return own
  return typeof units === 'string' ? units : (units[c] ?? '')
}
