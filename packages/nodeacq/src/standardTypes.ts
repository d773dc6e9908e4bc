import { addChildModule } from '@nodeacq/core'
import '@nodeacq/nodes'
import '@nodeacq/viewers'

/*
 * Importing this module registers the node types of nodeacq here, and in every process that this one starts.
 */
addChildModule(import.meta.resolve('@nodeacq/nodes'))
addChildModule(import.meta.resolve('@nodeacq/viewers'))
