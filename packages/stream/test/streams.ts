import { channel } from 'node:diagnostics_channel'
import { NdArray } from '@nodeacq/ndarray'
import type { ReadonlyNdArray } from '@nodeacq/ndarray'
import { InputStream, OutputStream } from '@nodeacq/stream'
import type { Chunk, ConnectOptions, InputSpec, OutputOptions } from '@nodeacq/stream'

/** `samples` rows of float32 whose first channel counts samples from `from`, the others being negative. */
export function ramp(from: number, samples: number, channels = 2): NdArray {
  const values = new Float32Array(samples * channels)
  for (let i = 0; i < samples; i++) {
    for (let channel = 0; channel < channels; channel++) {
      values[i * channels + channel] = channel === 0 ? from + i : -(from + i) - channel
    }
  }
  return NdArray.fromTyped(values, [samples, channels])
}

/** First sample of a chunk that `ramp` made, checked against all of its values. */
export function rampStart(data: ReadonlyNdArray): number {
  const from = Number(data.get(0, 0))
  if (!data.equals(ramp(from, data.length, data.shape[1])))
    throw new Error(`no ramp: ${JSON.stringify(data.toNested())}`)
  return from
}

/** An output and an input of this process that are connected. */
export interface StreamPair extends AsyncDisposable {
  readonly output: OutputStream
  readonly input: InputStream
}

export async function streamPair(
  options: OutputOptions = {},
  connect: ConnectOptions & { spec?: InputSpec } = {}
): Promise<StreamPair> {
  const output = new OutputStream({ shape: [-1, 2], ...options }, { node: 'emg', name: 'signals' })
  const input = new InputStream(connect.spec ?? {}, { node: 'filter', name: 'signals' })
  await output.configure()
  await input.connect(output, connect)
  return {
    output,
    input,
    async [Symbol.asyncDispose]() {
      await input.close()
      await output.close()
    }
  }
}

/** All chunks until reading ends. */
export async function collect(chunks: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const collected: Chunk[] = []
  for await (const chunk of chunks) collected.push(chunk)
  return collected
}

/** Sends `count` chunks of `samples` each, one after the other; the first sample is `from`. */
export async function sendRamp(output: OutputStream, count: number, samples: number, from = 0): Promise<void> {
  for (let i = 0; i < count; i++) await output.send(ramp(from + i * samples, samples))
}

/** Resolves when `isTrue` says so; a watchdog of 10 s. */
export async function until(isTrue: () => boolean, what: string): Promise<void> {
  const start = performance.now()
  while (!isTrue()) {
    if (performance.now() - start > 10_000) throw new Error(`waited 10 s for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** What the streams of this process log from now on. */
export function logged(): Disposable & { messages: string[] } {
  const messages: string[] = []
  const listen = (message: unknown): void => {
    messages.push((message as { message: string }).message)
  }
  const log = channel('nodeacq:log')
  log.subscribe(listen)
  return {
    messages,
    [Symbol.dispose]() {
      log.unsubscribe(listen)
    }
  }
}
