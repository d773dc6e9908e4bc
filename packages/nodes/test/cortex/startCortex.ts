import {
  CortexClient,
  CortexSimulator,
  type CortexClientOptions,
  type CortexSimulatorOptions
} from '../../src/index.ts'

export const CREDENTIALS = { clientId: 'CLIENT_ID', clientSecret: 'SECRET_OF_THE_TEST' }

/** A simulator in which everything is quick. */
export async function startSimulator(options: CortexSimulatorOptions = {}): Promise<CortexSimulator> {
  return await CortexSimulator.start({
    clientSecret: CREDENTIALS.clientSecret,
    ...options,
    durations: { scan: 0.05, connect: 0.05, training: 0.1, ...options.durations }
  })
}

/** A client that waits for nothing longer than it must. */
export async function connectClient(
  simulator: CortexSimulator,
  options: Partial<CortexClientOptions> = {}
): Promise<CortexClient> {
  return await CortexClient.connect({
    ...CREDENTIALS,
    url: simulator.address,
    reconnectDelay: 20,
    closeOnInterrupt: false,
    ...options
  })
}

/** A client with an activated session on the first headset. */
export async function connectSession(
  simulator: CortexSimulator,
  options: Partial<CortexClientOptions> = {}
): Promise<CortexClient> {
  const client = await connectClient(simulator, options)
  await client.connectHeadset(0)
  await client.createActivatedSession(0)
  return client
}
