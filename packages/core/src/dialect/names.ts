/**
 * pyacq's names of members whose English differs from ours. Everything else is found by turning snake_case into
 * camelCase (`list_node_types` is `listNodeTypes`), when the object has such a member.
 */
export const PYACQ_MEMBERS: Readonly<Record<string, string>> = {
  create_nodegroup: 'createNodeGroup',
  list_nodegroups: 'listNodeGroups',
  close_all_nodegroups: 'closeAllNodeGroups',
  default_nodegroup: 'defaultNodeGroup',
  nodegroup_closed: 'nodegroupClosed',
  after_input_connect: '_afterInputConnect',
  get_array_slice: 'slice',
  reset_buffer_index: 'resetBufferIndex',
  by_channel_params: 'byChannelParams'
}

/** `sample_rate` → `sampleRate`. */
export function camelCase(name: string): string {
  return name.replace(/(?<=[A-Za-z0-9])_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
