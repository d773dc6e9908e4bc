import { OpenFile } from '../OpenFile.ts'
import { FileWindow } from './FileWindow.ts'
import { MAGIC } from './records.ts'
import { scanLog } from './scanLog.ts'

/** The texts that stand at the front of a recording of the Recorder, by name; none of another file. @throws RecordingFileError */
export async function readAttachments(path: string): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  const file = await OpenFile.open(path)
  try {
    const window = new FileWindow(file)
    if (!(await window.read(0, MAGIC.length)).equals(MAGIC)) return texts
    for await (const item of scanLog(window)) {
      if (item.kind === 'chunk' || item.kind === 'end') break
      if (item.kind === 'attachment') texts.set(item.name, Buffer.from(item.data).toString('utf8'))
    }
    return texts
  } finally {
    await file.close()
  }
}
