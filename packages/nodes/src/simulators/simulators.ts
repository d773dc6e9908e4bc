import { brainAmpType } from './brainamp/BrainAmpSimulator.ts'
import { cerebusType } from './cerebus/CerebusSimulator.ts'
import { cortexType, cortexV1Type } from './cortex/cortexType.ts'
import { emotivType } from './emotiv/EmotivSimulator.ts'
import { lslType } from './lsl/lslType.ts'
import { mw75Type } from './mw75/mw75Type.ts'
import { cytonType, daisyType } from './openbci/cytonType.ts'
import { openEphysTypes } from './openephys/openEphysTypes.ts'
import type { SimulatorType } from './Simulator.ts'
import { tiaType } from './tia/tiaType.ts'

/** Every simulator by the name of its device. */
export const simulators: Readonly<Record<string, SimulatorType>> = {
  brainamp: brainAmpType,
  cerebus: cerebusType,
  cortex: cortexType,
  'cortex-v1': cortexV1Type,
  emotiv: emotivType,
  lsl: lslType,
  mw75: mw75Type,
  openbci: cytonType,
  'openbci-daisy': daisyType,
  ...openEphysTypes,
  tia: tiaType
}
