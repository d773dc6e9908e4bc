/** A device or server that is plugged in or answers. */
export interface FoundDevice {
  readonly kind: 'serial' | 'hid' | 'audio' | 'camera' | 'server'
  /** What the system calls it: a path, a name, an address. */
  readonly name: string
  readonly description: string
  /** Node that takes it; null when none is known to. */
  readonly type: string | null
  /** What that node's `configure` needs to take this one. */
  readonly configure: Readonly<Record<string, string | number>>
}

/** What a look at one kind of device found. */
export interface Discovery {
  readonly kind: FoundDevice['kind']
  readonly devices: readonly FoundDevice[]
  /** Why there was nothing to see, where that is not for want of devices. */
  readonly problem?: string
}

/** Looks; what goes wrong becomes the problem. Never rejects. */
export async function discover(
  kind: FoundDevice['kind'],
  look: () => Promise<readonly FoundDevice[]>
): Promise<Discovery> {
  try {
    return { kind, devices: await look() }
  } catch (error) {
    return { kind, devices: [], problem: error instanceof Error ? error.message : String(error) }
  }
}
