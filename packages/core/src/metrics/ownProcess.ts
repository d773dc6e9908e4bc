import { memoryUsage } from 'node:process'
import { cpuSeconds } from '../CpuMeter.ts'
import type { Measured } from './metricsText.ts'

/** What this process uses, for one that is no node group. */
export function ownProcess(name: string, host: string): NonNullable<Measured['own']> {
  return { name, host, cpuSeconds: cpuSeconds(), memory: memoryUsage.rss() }
}
