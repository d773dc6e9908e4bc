import type { BidsChannel } from './channels.ts'
import type { BidsOptions } from './options.ts'

/** `_eeg.json`, `_ieeg.json`, `_emg.json` */
export function recordingJson(
  options: BidsOptions,
  about: {
    channels: readonly BidsChannel[]
    recordingType: 'continuous' | 'discontinuous'
    duration: number | undefined
  }
): object {
  const { datatype, task, reference, ground, placement, powerLineFrequency } = options
  const prefix = { eeg: 'EEG', ieeg: 'iEEG', emg: 'EMG' }[datatype]
  const count = (...types: string[]): number => about.channels.filter(({ type }) => types.includes(type)).length
  const counted = ['EEG', 'ECOG', 'SEEG', 'EOG', 'ECG', 'EMG']
  const eog = count('EOG', 'VEOG', 'HEOG')
  const counts = {
    ...(datatype === 'eeg' && { EEGChannelCount: count('EEG') }),
    ...(datatype === 'ieeg' && { ECOGChannelCount: count('ECOG'), SEEGChannelCount: count('SEEG', 'DBS') }),
    EOGChannelCount: eog,
    ECGChannelCount: count('ECG'),
    EMGChannelCount: count('EMG'),
    TriggerChannelCount: count('TRIG'),
    MiscChannelCount: about.channels.length - count(...counted, 'DBS', 'TRIG', 'VEOG', 'HEOG')
  }
  return {
    TaskName: task,
    [`${prefix}Reference`]: reference,
    ...(ground !== undefined && { [`${prefix}Ground`]: ground }),
    ...(placement === undefined && datatype === 'emg' ? { EMGPlacementScheme: 'n/a' } : {}),
    ...(placement !== undefined && { [`${prefix}PlacementScheme`]: placement }),
    SamplingFrequency: Math.max(...about.channels.map(({ sampleRate }) => sampleRate)),
    PowerLineFrequency: powerLineFrequency,
    SoftwareFilters: options.softwareFilters,
    HardwareFilters: options.hardwareFilters,
    RecordingType: about.recordingType,
    ...(about.duration !== undefined && { RecordingDuration: about.duration }),
    ...counts,
    ...(options.manufacturer !== undefined && { Manufacturer: options.manufacturer }),
    ...(options.model !== undefined && { ManufacturersModelName: options.model }),
    ...(options.serial !== undefined && { DeviceSerialNumber: options.serial })
  }
}

/** `_events.json`: what the columns of `_events.tsv` mean. */
export const EVENTS_JSON = {
  onset: { Description: 'from the first sample in the file', Units: 's' },
  duration: { Description: 'n/a where it is not known, 0 for a moment', Units: 's' },
  trial_type: {
    Description: 'what happened',
    Levels: {
      BAD_gap: 'samples are missing, and are filled with zeros in the file',
      BAD_padding: 'there are no samples any more; the file is filled to its last record',
      gap: 'samples are missing; the file goes on with the first one that is there'
    }
  },
  value: { Description: 'number of the event' },
  sample: { Description: 'row of the data file, from 0' },
  note: { Description: 'how many samples are missing, and why' }
}
