import type { ExportTarget } from './Exporter.ts'
import { brainVisionTarget } from './brainvision/BrainVisionExporter.ts'

/** Every format that recordings are written in, by its name. */
export const exportTargets: Readonly<Record<string, ExportTarget>> = Object.fromEntries(
  [brainVisionTarget].map((target) => [target.name, target])
)
