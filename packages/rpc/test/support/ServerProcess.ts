import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A process with a server that publishes `demo` (test/support/serverProgram.ts). */
export class ServerProcess implements AsyncDisposable {
  readonly address: string
  readonly child: ChildProcess

  static async start(address = 'tcp://127.0.0.1:*'): Promise<ServerProcess> {
    const program = fileURLToPath(new URL('serverProgram.ts', import.meta.url))
    const child = spawn(process.execPath, ['--conditions=nodeacq-source', program, address], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (data: Buffer) => resolve(data.toString()))
      child.once('exit', (code) => reject(new Error(`the server process ended with ${code}`)))
    })
    return new ServerProcess(child, line.trim())
  }

  private constructor(child: ChildProcess, address: string) {
    this.child = child
    this.address = address
  }

  /** Ends the process without any chance to say goodbye. */
  async kill(): Promise<void> {
    await this.#ended('SIGKILL')
  }

  async #ended(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const exit = new Promise((resolve) => this.child.once('exit', resolve))
    this.child.kill(signal)
    await exit
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }
}
