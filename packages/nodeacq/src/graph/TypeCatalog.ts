import type { Delivery } from '@nodeacq/stream'
import type { z } from 'zod'

/** What a graph file has to know about a stream of a node type. */
export interface StreamSpecInfo {
  readonly streamType?: string | undefined
  readonly delivery?: Delivery | undefined
  readonly optional?: boolean | undefined
}

/** What a graph file has to know about a node type. */
export interface NodeTypeInfo {
  readonly name: string
  /** One sentence. */
  readonly description: string
  readonly configSchema: z.ZodObject
  readonly paramsSchema: z.ZodObject
  readonly inputs: Readonly<Record<string, StreamSpecInfo>>
  readonly outputs: Readonly<Record<string, StreamSpecInfo>>
  /** Takes inputs of any name besides `inputs`, as recorders do. */
  readonly takesAnyInput: boolean
  /** Makes outputs whose names depend on its options. */
  readonly makesAnyOutput: boolean
  /** pyacq's names of the type. */
  readonly pyacqNames: readonly string[]
}

/** The node types that are known, and a way to make more known. */
export interface TypeCatalog {
  /** Sorted. */
  names(): string[]
  /** By name or pyacq's name. */
  find(name: string): NodeTypeInfo | undefined
  /** Imports a module and registers the Node classes it exports. @returns their names. */
  load(absolutePath: string): Promise<readonly string[]>
}
