import { ViewerServer, type ViewerServerOptions } from './ViewerServer.ts'
import type { Viewer } from './Viewer.ts'

/** Servers of this process, by what they were asked for. */
const servers = new Map<string, Promise<ViewerServer>>()

/** A viewer that is shown. */
export interface Shown {
  readonly server: ViewerServer
  /** Safe to call twice. */
  remove(): Promise<void>
}

/** Shows a viewer on the server of this process that was asked for in the same way; the last one that goes closes it. */
export async function show(viewer: Viewer, options: ViewerServerOptions): Promise<Shown> {
  const key = JSON.stringify(options)
  const starting = servers.get(key) ?? ViewerServer.start(options)
  servers.set(key, starting)
  let server: ViewerServer
  try {
    server = await starting
    server.add(viewer)
  } catch (error) {
    if (servers.get(key) === starting) await drop(key, starting)
    throw error
  }
  return {
    server,
    async remove() {
      server.remove(viewer)
      await drop(key, starting)
    }
  }
}

/** Closes a server that shows nothing any more, or never came to be. */
async function drop(key: string, starting: Promise<ViewerServer>): Promise<void> {
  const server = await starting.catch(() => undefined)
  if (server !== undefined && server.viewerCount > 0) return
  if (servers.get(key) === starting) servers.delete(key)
  await server?.close()
}
