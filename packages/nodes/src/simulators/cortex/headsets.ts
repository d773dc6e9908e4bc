/** A headset that the simulator has. */
export interface SimulatedHeadset {
  readonly id: string
  status: 'discovered' | 'connecting' | 'connected'
  readonly connectedBy: string
  dongle: string
  readonly firmware: string
  readonly motionSensors: readonly string[]
  readonly sensors: readonly string[]
  settings: { mode: string; eegRate: number; eegRes: number; memsRate: number; memsRes: number }
  customName: string
  headbandPosition: string | null
  flexMappings: Readonly<Record<string, string>>
  readonly isVirtual: boolean
}

const EPOC = ['AF3', 'F7', 'F3', 'FC5', 'T7', 'P7', 'O1', 'O2', 'P8', 'T8', 'FC6', 'F4', 'F8', 'AF4']
const INSIGHT = ['AF3', 'T7', 'Pz', 'T8', 'AF4']
const QUATERNIONS = ['Q0', 'Q1', 'Q2', 'Q3', 'ACCX', 'ACCY', 'ACCZ', 'MAGX', 'MAGY', 'MAGZ']
const GYROSCOPE = ['GYROX', 'GYROY', 'GYROZ', 'ACCX', 'ACCY', 'ACCZ', 'MAGX', 'MAGY', 'MAGZ']

/** What the part of the id before the dash says. */
const MODELS: Readonly<
  Record<
    string,
    { sensors: readonly string[]; motion: readonly string[]; eegRate: number; memsRate: number; by: string }
  >
> = {
  EPOC: { sensors: EPOC, motion: GYROSCOPE, eegRate: 128, memsRate: 0, by: 'dongle' },
  EPOCPLUS: { sensors: EPOC, motion: GYROSCOPE, eegRate: 256, memsRate: 64, by: 'usb cable' },
  EPOCX: { sensors: EPOC, motion: QUATERNIONS, eegRate: 256, memsRate: 64, by: 'dongle' },
  EPOCFLEX: { sensors: EPOC, motion: QUATERNIONS, eegRate: 128, memsRate: 32, by: 'dongle' },
  INSIGHT: { sensors: INSIGHT, motion: GYROSCOPE, eegRate: 128, memsRate: 64, by: 'bluetooth' },
  INSIGHT2: { sensors: INSIGHT, motion: QUATERNIONS, eegRate: 128, memsRate: 64, by: 'bluetooth' }
}

/** @param id model and serial number, such as `EPOCX-E2020001`; an unknown model is an EPOC X */
export function makeHeadset(id: string): SimulatedHeadset {
  const mode = id.split('-')[0]!
  const { sensors, motion, eegRate, memsRate, by } = MODELS[mode] ?? MODELS['EPOCX']!
  return {
    id,
    status: 'discovered',
    connectedBy: by,
    dongle: by === 'dongle' ? '6ff' : '0',
    firmware: '625',
    motionSensors: memsRate === 0 ? [] : motion,
    sensors,
    settings: { mode, eegRate, eegRes: 16, memsRate, memsRes: 16 },
    customName: '',
    headbandPosition: null,
    flexMappings: {},
    isVirtual: true
  }
}
