import type { ExportTarget } from '../Exporter.ts'
import { whyNotSignal } from '../whyNotSignal.ts'
import { needsRange } from './ChannelPlan.ts'
import { EdfExporter } from './EdfExporter.ts'
import { edfOptions } from './options.ts'
import type { EdfKind } from './scaling.ts'

function targetOf(kind: EdfKind, description: string): ExportTarget {
  return {
    name: kind.toLowerCase(),
    description,
    extension: `.${kind.toLowerCase()}`,
    gaps: ['fill', 'native', 'split'],
    optionsSchema: edfOptions,
    whyNot: whyNotSignal,
    needsRange: (stream) => needsRange(stream, kind),
    open: (path, head) => EdfExporter.open(path, kind, head)
  }
}

export const edfTarget = targetOf('EDF', 'EDF+: 16 bits; read by nearly everything')
export const bdfTarget = targetOf('BDF', 'BDF+: as EDF+ with 24 bits')
