import type { ExportTarget } from './Exporter.ts'
import { brainVisionTarget } from './brainvision/BrainVisionExporter.ts'
import { hdf5Target } from './hdf5/Hdf5Exporter.ts'
import { nwbTarget } from './nwb/NwbExporter.ts'
import { openEphysTarget } from './openephys/OpenEphysExporter.ts'
import { wavTarget } from './wav/WavExporter.ts'
import { xdfTarget } from './xdf/XdfExporter.ts'
import { zarrTarget } from './zarr/ZarrExporter.ts'

/** Every format that recordings are written in, by its name. */
export const exportTargets: Readonly<Record<string, ExportTarget>> = Object.fromEntries(
  [brainVisionTarget, nwbTarget, hdf5Target, zarrTarget, xdfTarget, wavTarget, openEphysTarget].map((target) => [
    target.name,
    target
  ])
)
