import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { tempFolder, type TempFolder } from './tempFolder.ts'
import { waitFor } from './waitFor.ts'

/** A sound server of the test's own, whose devices are null sinks: what is played on one is recorded from its monitor. */
export class PulseServer implements AsyncDisposable {
  readonly #folder: TempFolder
  readonly #sinks: readonly string[]
  #server: ChildProcess | undefined

  private constructor(folder: TempFolder, sinks: readonly string[]) {
    this.#folder = folder
    this.#sinks = sinks
  }

  /** Starts it, and points `PULSE_SERVER` of this process and its children to it. */
  static async start(...sinks: string[]): Promise<PulseServer> {
    const server = new PulseServer(await tempFolder(), sinks)
    process.env['PULSE_SERVER'] = `unix:${server.#socket}`
    await server.restart()
    return server
  }

  get #socket(): string {
    return join(this.#folder.path, 'native')
  }

  /** A server in the place of one that was killed. */
  async restart(): Promise<void> {
    const modules = [
      ...this.#sinks.map((sink) => `module-null-sink norewinds=1 ${sink}`),
      `module-native-protocol-unix auth-anonymous=1 socket=${this.#socket}`
    ]
    const { path } = this.#folder
    const env = { ...process.env, XDG_RUNTIME_DIR: path, PULSE_RUNTIME_PATH: path, PULSE_STATE_PATH: path }
    const args = ['-n', '--daemonize=no', '--exit-idle-time=-1', '--use-pid-file=no', '--disable-shm']
    this.#server = spawn('pulseaudio', [...args, ...modules.flatMap((module) => ['-L', module])], {
      env,
      stdio: 'ignore'
    })
    await waitFor(async () => (await pactl('info')).code === 0, { what: 'the sound server' })
  }

  /** Kills the server; its clients see it go. */
  async kill(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const ended = once(server, 'close')
    server.kill('SIGKILL')
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    delete process.env['PULSE_SERVER']
    await this.#folder[Symbol.asyncDispose]()
  }
}

/** Runs `pactl`, and gives its exit code and what it wrote. */
export function pactl(...args: string[]): Promise<{ code: number; stdout: string }> {
  return new Promise((resolve) => {
    execFile('pactl', args, (error, stdout) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout })
    })
  })
}
