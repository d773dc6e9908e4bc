import type { Logger } from '@nodeacq/rpc'

export interface CortexClientOptions {
  /** Default `wss://localhost:6868`, where Emotiv's application serves. `ws://` only on loopback, or with `insecure`. */
  url?: string
  /** Which Cortex answers: Cortex 2, or the one of the older document, `v1`. Default `v2`. */
  dialect?: 'v1' | 'v2'
  clientId: string
  /** The older Cortex does not ask for it: it may be empty there. */
  clientSecret: string
  /** Licence to use; default: that of the application. */
  license?: string | undefined
  /** Sessions of the licence to set aside for this machine. */
  debit?: number | undefined
  /** Ask for access and authorise at once. Default true. */
  authenticate?: boolean
  /** Check that every answer holds what its method is known to give. Default true. */
  checkResponse?: boolean
  /** Log every message that is no sample, without secrets, at level debug. Default false. */
  debug?: boolean
  /** Newest samples kept of each stream of each session. Default 10. */
  bufferSize?: number
  /** Connect again when the connection ends, and go on with sessions and subscriptions. Default true. */
  reconnect?: boolean
  /** ms to wait before the first attempt to connect again; twice as long before each next, at most 30 s. Default 1000. */
  reconnectDelay?: number
  /** ms to wait for the connection and for each answer. Default 10 000. */
  timeout?: number
  /** ms that the user has to grant access. Default 60 000. */
  accessTimeout?: number
  /** ms after which the token is exchanged for a new one. Default 24 h; Cortex's are valid for two days. */
  tokenRenewal?: number
  /** Ctrl-C closes the sessions before the process ends. Default true. */
  closeOnInterrupt?: boolean
  /** Certificate authority in PEM; without one any certificate is taken, but from loopback only. */
  ca?: string | undefined
  /** Allow `ws://` beyond loopback: whoever is on the way reads the secret and the samples. Default false. */
  insecure?: boolean
  /** Default: the logger of the client. */
  log?: Logger
}
