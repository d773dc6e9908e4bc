import fc from 'fast-check'

// Property tests play the same cases in every run, so that a change alone decides whether they pass. To look further, give
// another seed: NODEACQ_SEED=7 npm test.
fc.configureGlobal({ seed: Number(process.env['NODEACQ_SEED'] ?? 1) })
