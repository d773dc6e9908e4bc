import { registerNodeType } from '@nodeacq/core'
import { wavTarget } from '../../convert/wav/WavExporter.ts'
import { ExportRecorder, exportRecorderConfig } from './ExportRecorder.ts'

/** Records into WAV files, see `ExportRecorder`. */
export class WavRecorder extends ExportRecorder {
  static override readonly description = 'Records signals and events into a file in WAV format.'
  static override readonly configSchema = exportRecorderConfig(wavTarget)
  protected override readonly exportTarget = wavTarget
}
registerNodeType(WavRecorder)
