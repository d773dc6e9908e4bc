import type { ExportStream } from '../Exporter.ts'
import { uniqueName } from '../uniqueName.ts'
import { devicePath } from './nwbHead.ts'
import type { NwbOptions } from './nwbOptions.ts'
import type { NwbWriter } from './NwbWriter.ts'
import type { SeriesPlan } from './seriesPlan.ts'

const FOLDER = '/general/extracellular_ephys'
export const ELECTRODES = `${FOLDER}/electrodes`

/**
 * Writes the table of electrodes: one row for each channel that is a voltage, in a group per stream.
 * @returns the rows of the channels of each plan, by plan
 */
export function writeElectrodes(
  nwb: NwbWriter,
  streams: readonly { readonly stream: ExportStream; readonly plans: readonly SeriesPlan[] }[],
  options: NwbOptions
): Map<SeriesPlan, number[]> {
  const rowsOf = new Map<SeriesPlan, number[]>()
  const names: string[] = []
  const groups: string[] = []
  // The table has this name among the groups.
  const taken = new Set(['electrodes'])
  for (const { stream, plans } of streams) {
    const voltages = plans.filter(({ isVoltage }) => isVoltage)
    if (voltages.length === 0) continue
    if (names.length === 0) nwb.file.group(FOLDER)
    const group = uniqueName(stream.name, taken)
    const attributes = { description: `electrodes of stream '${stream.name}'`, location: options.location }
    nwb.group(`${FOLDER}/${group}`, 'ElectrodeGroup', attributes)
    nwb.file.softLink(`${FOLDER}/${group}/device`, devicePath(options))
    for (const plan of voltages) {
      const channels = plan.channels ?? stream.channelInfo.map((_, k) => k)
      rowsOf.set(
        plan,
        channels.map((channel) => {
          groups.push(group)
          return names.push(stream.channelInfo[channel]!.name) - 1
        })
      )
    }
  }
  if (names.length === 0) return rowsOf
  const references = new Map(groups.map((group) => [group, nwb.file.reference(`${FOLDER}/${group}`)]))
  nwb.table(ELECTRODES, 'DynamicTable', {
    description: 'the electrodes of all streams',
    columns: {
      location: { values: names.map(() => options.location), description: 'where the electrode is' },
      group: { values: groups.map((group) => references.get(group)!), description: 'the group of the electrode' },
      group_name: { values: groups, description: 'name of the group' },
      channel_name: { values: names, description: 'name of the channel' }
    }
  })
  return rowsOf
}
