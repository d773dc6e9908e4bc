import { nearestNames } from '@nodeacq/stream'
import { Node } from './Node.ts'
import type { NodeClass } from './NodeClass.ts'
import { NodeTypeError, UnknownNodeTypeError } from './errors.ts'

const registered = new Map<string, NodeClass>()

/**
 * Other names of node types: those of pyacq 0.2, and those of its 2018 manual that pyacq itself never had.
 * A name counts only when the type it stands for is registered.
 */
const ALIASES: Readonly<Record<string, string>> = {
  NiDAQmx: 'NIDAQmx',
  PyAudio: 'AudioDevice',
  WebCamAV: 'Camera',
  WebCamImageIO: 'Camera',
  OpenBCI: 'OpenBci',
  HDF5Recorder: 'Hdf5Recorder',
  Spikesorter: 'SpikeSorter',
  QOscilloscope: 'Oscilloscope',
  QOscilloscopeMultiPlot: 'OscilloscopeMultiPlot',
  QDigitalOscilloscope: 'DigitalOscilloscope',
  QTriggeredOscilloscope: 'TriggeredOscilloscope',
  QTimeFreq: 'TimeFreqViewer',
  TimeFreqWorker: 'TimeFreq',
  OpenEphysGUIRelay: 'OpenEphysGuiRelay'
}

/**
 * Makes a Node subclass known by name in this process, so that groups can create it.
 * Registering the same class twice is no mistake.
 * @throws {NodeTypeError} for anything that is no Node subclass, or a name that another class has.
 */
export function registerNodeType<T extends Node>(nodeClass: new (...args: never[]) => T): void {
  if (!isNodeClass(nodeClass)) {
    throw new NodeTypeError(`registerNodeType: expected a subclass of Node, got ${String(nodeClass).slice(0, 60)}`)
  }
  const name = nodeClass.typeName ?? nodeClass.name
  const before = registered.get(name)
  if (before !== undefined && before !== nodeClass) {
    throw new NodeTypeError(`node type '${name}' is registered already, by another class of that name`)
  }
  registered.set(name, nodeClass)
}

/** Whether a value is a class that `registerNodeType` takes. */
export function isNodeClass(value: unknown): value is NodeClass {
  return typeof value === 'function' && value.prototype instanceof Node
}

/** The class of that name or alias. @throws {UnknownNodeTypeError} naming the nearest. */
export function getNodeType(name: string): NodeClass {
  const found = registered.get(name) ?? registered.get(ALIASES[name] ?? '')
  if (!found) throw new UnknownNodeTypeError(name, nearestNames(name, registered.keys()))
  return found
}

/** Registered names, in the order of registration. */
export function nodeTypes(): string[] {
  return [...registered.keys()]
}

/** Aliases whose type is registered: `{ alias: name }`. */
export function nodeTypeAliases(): Record<string, string> {
  return Object.fromEntries(Object.entries(ALIASES).filter(([, name]) => registered.has(name)))
}
