import { FileWindow } from '../src/files/mcap/FileWindow.ts'
import { readJson } from '../src/files/mcap/LogIndex.ts'
import { scanLog } from '../src/files/mcap/scanLog.ts'
import { OpenFile } from '../src/files/OpenFile.ts'

/** What the messages in JSON of a recording say, in their order, by topic. */
export async function readMessages(path: string): Promise<Record<string, Record<string, unknown>[]>> {
  const file = await OpenFile.open(path)
  try {
    const topics = new Map<number, string>()
    const found: Record<string, Record<string, unknown>[]> = {}
    for await (const item of scanLog(new FileWindow(file))) {
      if (item.kind !== 'chunk') continue
      for (const { id, topic, encoding } of item.channels) if (encoding === 'json') topics.set(id, topic)
      for (const { channelId, data } of item.messages) {
        const topic = topics.get(channelId)
        if (topic !== undefined) (found[topic] ??= []).push(readJson(data))
      }
    }
    return found
  } finally {
    await file.close()
  }
}
