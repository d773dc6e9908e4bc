import { RecordingFileError } from '../../errors.ts'
import type { FileFormat } from '../openSampleFile.ts'
import { NwbRecording } from '../nwb/NwbRecording.ts'
import type { SampleFile } from '../SampleFile.ts'
import { HdfReader } from './HdfReader.ts'
import { HdfRecording } from './HdfRecording.ts'

const MAGIC = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1')

/** Recognised by its first bytes; what is in it shows when it is open. */
export const hdfFormat: FileFormat = {
  name: 'HDF5',
  extensions: ['.h5', '.hdf5', '.nwb'],
  matches: ({ head }) => MAGIC.equals(head.subarray(0, MAGIC.length)),
  open: openHdf
}

async function openHdf(path: string): Promise<SampleFile> {
  const reader = await HdfReader.open(path)
  try {
    if (reader.attribute('/', 'nodeacq_layout') !== undefined) return new HdfRecording(reader)
    if (reader.text('/', 'neurodata_type') === 'NWBFile') return new NwbRecording(reader)
    throw new RecordingFileError(path, {
      where: 'attributes of /',
      expected: 'those of NWB, or nodeacq_layout',
      got: 'an HDF5 file of another layout'
    })
  } catch (error) {
    reader.close()
    if (error instanceof RecordingFileError) throw error
    const got = error instanceof Error ? error.message : String(error)
    throw new RecordingFileError(path, { where: 'file', expected: 'what its layout asks for', got, cause: error })
  }
}
