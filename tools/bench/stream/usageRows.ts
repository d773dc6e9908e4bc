import { quantile } from '../rounds.ts'
import { row, type Row } from '../rows.ts'
import { mean, type RunResult } from './run.ts'

/** Processor time and memory of the sender and, on average, of its readers, unless they are one process. */
export function usageRows(
  of: { readonly suite: string; readonly case: string },
  { sender, reports }: Pick<RunResult, 'sender' | 'reports'>,
  { isLocal }: { isLocal: boolean }
): Row[] {
  const { suite, case: name } = of
  const base = { suite, case: name, better: 'less' } as const
  const cpu = [row({ ...base, metric: 'sender cpu', unit: 'cores', value: sender.cores })]
  const memory = [row({ ...base, metric: 'sender memory', unit: 'MiB', value: quantile(sender.memory, 0.5) })]
  if (!isLocal) {
    const cores = mean(reports.map((report) => report.cores))
    const mebibytes = mean(reports.map((report) => quantile(report.memory, 0.5)))
    cpu.push(row({ ...base, metric: 'reader cpu', unit: 'cores', value: cores }))
    memory.push(row({ ...base, metric: 'reader memory', unit: 'MiB', value: mebibytes }))
  }
  return [...cpu, ...memory]
}
