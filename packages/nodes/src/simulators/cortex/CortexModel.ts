import { randomUUID } from 'node:crypto'
import { makeHeadset, type SimulatedHeadset } from './headsets.ts'
import { newSettings, type BciSettings } from './bciSettings.ts'
import type { RecordSource } from './recordCsv.ts'

/** A marker of a record. */
export interface SimulatedMarker {
  readonly uuid: string
  type: 'instance' | 'interval'
  readonly value: unknown
  readonly label: string
  readonly port: string
  readonly startDatetime: string
  endDatetime: string
  extras: Record<string, unknown>
}

export interface SimulatedRecord {
  readonly uuid: string
  readonly ownerId: string
  readonly applicationId: string
  readonly applicationVersion: string
  title: string
  description: string
  tags: string[]
  readonly experimentId: number
  readonly startDatetime: string
  endDatetime: string
  readonly licenseId: string
  readonly licenseScope: readonly string[]
  readonly subject: { readonly subjectName: string }
  readonly localOnly: boolean
  readonly markers: SimulatedMarker[]
}

export interface SimulatedProfile {
  readonly uuid: string
  name: string
  settings: BciSettings
  readonly eegChannels: readonly string[]
}

/** What is loaded on a headset: a profile's settings, not saved yet. */
export interface LoadedProfile {
  /** null: the guest's. */
  name: string | null
  settings: BciSettings
}

export interface CortexModelOptions {
  /** Ids of the headsets there are. */
  headsets: readonly string[]
  clientId: string
  clientSecret: string
  username: string
  /** Folder below which records are exported, as clients ask. */
  exports: string
  /** Times that access is refused before the user grants it. */
  refusals: number
}

export const OWNER = '8c0d3b3e-0000-4000-8000-000000000001'

/** Everything that Cortex knows beyond a connection: it outlives clients, as in the real one. */
export class CortexModel {
  readonly options: CortexModelOptions
  readonly headsets = new Map<string, SimulatedHeadset>()
  /** Tokens that are good, and those that have expired. */
  readonly tokens = new Map<string, 'good' | 'expired'>()
  readonly records = new Map<string, SimulatedRecord>()
  /** What each record was taken from. */
  readonly sources = new Map<string, RecordSource>()
  readonly profiles = new Map<string, SimulatedProfile>()
  /** By headset. */
  readonly loaded = new Map<string, LoadedProfile>()
  readonly subjects = new Map<string, Record<string, unknown>>()
  readonly mappings = new Map<string, { uuid: string; name: string; mappings: Record<string, unknown> }>()
  refusalsLeft: number
  isOptOut = false

  constructor(options: CortexModelOptions) {
    this.options = options
    this.refusalsLeft = options.refusals
    for (const id of options.headsets) this.headsets.set(id, makeHeadset(id))
  }

  get appId(): string {
    return `com.${this.options.username}.${this.options.clientId}`
  }

  newToken(): string {
    const token = `${randomUUID()}.${randomUUID()}`
    this.tokens.set(token, 'good')
    return token
  }

  expireTokens(): void {
    for (const token of this.tokens.keys()) this.tokens.set(token, 'expired')
  }

  loadedOn(headset: string): LoadedProfile {
    const loaded = this.loaded.get(headset) ?? { name: null, settings: newSettings() }
    this.loaded.set(headset, loaded)
    return loaded
  }
}

/** ISO 8601 with offset, as Cortex writes it. */
export function dateTime(ms = Date.now()): string {
  return new Date(ms).toISOString().replace('Z', '+00:00')
}
