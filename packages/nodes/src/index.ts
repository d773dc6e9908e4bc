import { addChildModule } from '@nodeacq/core'

export { FileReplay } from './devices/FileReplay.ts'
export { NoiseGenerator } from './devices/NoiseGenerator.ts'
export { NumpyDeviceBuffer } from './devices/NumpyDeviceBuffer.ts'
export { Pacer } from './devices/Pacer.ts'
export { SosFilter } from './dsp/SosFilter.ts'
export { SosKernel } from './dsp/SosKernel.ts'
export { parseSosCoefficients } from './dsp/sosCoefficients.ts'
export type { SosTable } from './dsp/sosCoefficients.ts'
export { StreamMonitor } from './monitors/StreamMonitor.ts'
export type { MonitorReport } from './monitors/StreamMonitor.ts'
export { RawRecorder } from './recorders/RawRecorder.ts'
export { RecorderError } from './recorders/RecorderError.ts'
export { openSampleFile, fileFormats, registerFileFormat } from './files/openSampleFile.ts'
export type { FileFormat, FileProbe } from './files/openSampleFile.ts'
export type {
  RecordedChannel,
  RecordedEvent,
  RecordedGap,
  RecordedStream,
  SampleFile,
  Units
} from './files/SampleFile.ts'
export { FilterError, RecordingFileError } from './errors.ts'

// Every process that this one starts knows these nodes too.
addChildModule(import.meta.url)
