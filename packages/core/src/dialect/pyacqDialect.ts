import { plainDialect, type Dialect } from '@nodeacq/rpc'
import { foldArguments } from './arguments.ts'
import { describePyacqError } from './errors.ts'
import { camelCase, PYACQ_MEMBERS } from './names.ts'
import { virtualModule } from './virtualModules.ts'

/** Lets Python pyacq clients call our objects with pyacq's own spelling; see docs/protocol/rpc.md. */
export const pyacqDialect: Dialect = {
  memberName: (target, name) => {
    const ours = PYACQ_MEMBERS[name] ?? camelCase(name)
    return ours in target ? ours : undefined
  },
  foldArguments: (target, member, args, kwargs) => foldArguments(target, member || undefined, args, kwargs),
  describeError: (error, at) => describePyacqError(error) ?? plainDialect.describeError(error, at),
  importModule: (name) => virtualModule(name),
  typeName: (value) => typeName(value)
}

/** Python's `str(type(obj))`; informative only. */
function typeName(value: object): string {
  if (typeof value === 'function') return "<class 'type'>"
  const name = value.constructor?.name
  return name === undefined || name === 'Object' ? "<class 'module'>" : `<class 'nodeacq.${name}'>`
}
