import type { InputSpec, OutputOptions } from '@nodeacq/stream'
import type { Node } from './Node.ts'
import type { ObjectSchema } from './schema.ts'

/** What a node asks of the source of an input. */
export interface NodeInputSpec extends InputSpec {
  /** The node runs without a source too. Default false. */
  readonly optional?: boolean
}

export interface NodeOptions {
  /** Unique in the graph. Default: made from the type when a group creates the node. */
  name?: string
}

/** What the class of a node says about itself; the statics of every Node subclass. */
export interface NodeClass<T extends Node = Node> {
  new (options?: NodeOptions): T
  readonly name: string
  readonly typeName?: string
  readonly description: string
  readonly configSchema: ObjectSchema
  readonly paramsSchema: ObjectSchema
  readonly inputSpecs: Readonly<Record<string, NodeInputSpec>>
  readonly outputSpecs: Readonly<Record<string, OutputOptions>>
  readonly takesAnyInput: boolean
  readonly makesAnyOutput: boolean
}
