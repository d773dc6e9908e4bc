/** Everything of chaos.test.ts over a shared ring, its control file and its bell. */
process.env['NODEACQ_TEST_TRANSPORT'] = 'sharedmem'
await import('./chaos.test.ts')
