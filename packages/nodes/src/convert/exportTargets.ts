import type { ExportTarget } from './Exporter.ts'
import { bidsTarget } from './bids/BidsExporter.ts'
import { brainVisionTarget } from './brainvision/BrainVisionExporter.ts'
import { bdfTarget, edfTarget } from './edf/edfTargets.ts'
import { hdf5Target } from './hdf5/Hdf5Exporter.ts'
import { nwbTarget } from './nwb/NwbExporter.ts'
import { openEphysTarget } from './openephys/OpenEphysExporter.ts'
import { rawTarget } from './raw/RawExporter.ts'
import { spikeGlxTarget } from './spikeglx/SpikeGlxExporter.ts'
import { wavTarget } from './wav/WavExporter.ts'
import { xdfTarget } from './xdf/XdfExporter.ts'
import { zarrTarget } from './zarr/ZarrExporter.ts'

const targets: readonly ExportTarget[] = [
  rawTarget,
  edfTarget,
  bdfTarget,
  brainVisionTarget,
  nwbTarget,
  hdf5Target,
  zarrTarget,
  xdfTarget,
  wavTarget,
  openEphysTarget,
  spikeGlxTarget,
  bidsTarget
]

/** Every format that recordings are written in, by its name. */
export const exportTargets: Readonly<Record<string, ExportTarget>> = Object.fromEntries(
  targets.map((target) => [target.name, target])
)
