/** Everything of sharedMem.test.ts without a SharedArrayBuffer, as on systems where the file cannot be one. */
process.env['NODEACQ_SHARED_MEMORY'] = 'views'
await import('./sharedMem.test.ts')
