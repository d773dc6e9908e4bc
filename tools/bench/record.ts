import { longPart } from './record/long.ts'
import { probesPart } from './record/probes.ts'
import { writerPart } from './record/writer.ts'
import type { Suite } from './suite.ts'

/** The safe log: `Recorder` and what is done with its files. */
export const recordSuite: Suite = { name: 'record', parts: [probesPart, writerPart, longPart] }
