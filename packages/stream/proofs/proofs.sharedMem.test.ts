/** Everything of proofs.test.ts over a shared ring, its control file and its bell. */
process.env['NODEACQ_TEST_TRANSPORT'] = 'sharedmem'
await import('./proofs.test.ts')
