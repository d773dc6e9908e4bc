import { addChildModule } from '@nodeacq/core'
import '@nodeacq/nodes'

/*
 * Importing this module registers the node types of nodeacq here, and in every process that this one starts.
 */
addChildModule(import.meta.resolve('@nodeacq/nodes'))
