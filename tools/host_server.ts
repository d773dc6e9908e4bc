#!/usr/bin/env -S node --conditions=nodeacq-source
/**
 * The script that users of pyacq look for: `node tools/host_server.ts tcp://10.0.0.53:8000 --insecure`.
 * It is `host_server` (`nodeacq host`) run from the sources; `--help` lists its options.
 */
import '../packages/nodeacq/bin/host_server.js'
