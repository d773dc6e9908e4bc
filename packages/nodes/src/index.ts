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
