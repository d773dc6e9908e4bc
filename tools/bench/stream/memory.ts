import { OutputStream } from '@nodeacq/stream'
import { row, type Row } from '../rows.ts'
import type { BenchContext, Measured, Part } from '../suite.ts'
import { ProcessReaders } from './readers.ts'
import { lostOf, runAtFullSpeed } from './run.ts'
import { CHANNELS, TRANSPORTS } from './transports.ts'
import { growthOf } from './UsageMeter.ts'

const SAMPLES = 16
const TRANSPORTS_TRIED = ['tcp', 'sharedmem'] as const
/** MiB that count as nothing: what waits for the garbage collector differs by as much from one look to the next. */
const NOTHING = 32

export const memoryPart: Part = {
  name: 'memory',
  title: 'Memory over many chunks',
  about: `Chunks of 1 KB as fast as one reader in another process takes them (\`flow: 'wait'\`). Resident memory of both processes is
looked at twice a second; _grown_ is its median in the last third of the time less that in the first one, after a
warm-up. What kept 32 bytes of every chunk would show here.`,
  seconds: { full: 60, quick: 5 },
  targets: TRANSPORTS_TRIED.flatMap((transport) =>
    ['sender memory grown', 'reader memory grown'].map((metric) => ({
      case: transport,
      metric,
      of: 'value' as const,
      atMost: NOTHING
    }))
  ),
  run
}

async function run({ quick, step }: BenchContext): Promise<Measured> {
  const rows: Row[] = []
  for (const transport of TRANSPORTS_TRIED) {
    step(transport)
    await using readers = new ProcessReaders(1)
    await using output = new OutputStream({
      ...TRANSPORTS[transport],
      dtype: 'float32',
      shape: [-1, CHANNELS],
      flow: 'wait'
    })
    await output.configure()
    await readers.connect([output])
    await runAtFullSpeed(output, readers, { samples: SAMPLES, milliseconds: quick ? 500 : 5000 })
    const result = await runAtFullSpeed(output, readers, { samples: SAMPLES, milliseconds: quick ? 1500 : 24_000 })
    const base = { suite: 'stream', case: transport, better: 'less' } as const
    rows.push(
      row({ ...base, metric: 'chunks', unit: '', value: result.sent }),
      row({ ...base, metric: 'sender memory grown', unit: 'MiB', value: growthOf(result.sender.memory) }),
      row({ ...base, metric: 'reader memory grown', unit: 'MiB', value: growthOf(result.reports[0]!.memory) }),
      row({ ...base, metric: 'lost', unit: 'samples', value: lostOf(result, SAMPLES) })
    )
  }
  return { rows }
}
