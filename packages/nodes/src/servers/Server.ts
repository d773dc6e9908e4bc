/** A server of nodeacq that programs of the outside world connect to. */
export interface RunningDeviceServer extends AsyncDisposable {
  /** Where clients reach it. */
  readonly address: string
  /** What a user has to know to connect, one line each. */
  readonly hints: readonly string[]
  /** Resolves when it ends by itself; rejects when that is for an error. */
  readonly ended: Promise<void>
  /** Safe to call twice. */
  close(): Promise<void>
}

export interface DeviceServerOptions {
  /** Default 127.0.0.1. */
  host?: string
  /** 0: any free one. */
  port?: number
  /** Allow a host beyond loopback. */
  insecure?: boolean
  /** Log what comes and goes. */
  verbose?: boolean
  /** Values of the options of this server alone, by name. */
  own: Readonly<Record<string, string | boolean | undefined>>
}

/** An option of one server: `--name <value>`, or without `value` a switch. */
export interface DeviceServerFlag {
  /** In camelCase; `--with-dashes` on the command line. */
  readonly name: string
  /** What it takes, such as `source`; none for a switch. */
  readonly value?: string
  readonly about: string
  readonly fallback?: string
}

export interface DeviceServerType {
  /** One sentence for lists. */
  readonly description: string
  readonly defaultPort: number
  readonly flags: readonly DeviceServerFlag[]
  /** Command lines that work. */
  readonly examples: readonly string[]
  readonly start: (options: DeviceServerOptions) => Promise<RunningDeviceServer>
}
