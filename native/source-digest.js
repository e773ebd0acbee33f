'use strict';
// One digest of everything that a binary is made from: the addon carries it, prebuilds/manifest.json lists it.
// `node source-digest.js BACKEND` prints it; BACKEND is the folder of the backend, linux or bsd.
const { createHash } = require('node:crypto');
const { readFileSync, readdirSync } = require('node:fs');
const { join } = require('node:path');

/** The digest of native/pollux.gypi, native/common and native/BACKEND below `folder`: a hexadecimal SHA-256. */
function sourceDigest(backend, folder = __dirname) {
  const hash = createHash('sha256');
  for (const name of ['pollux.gypi', ...filesOf('common'), ...filesOf(backend)]) {
    hash.update(`${name}\0`).update(readFileSync(join(folder, name))).update('\0');
  }
  return hash.digest('hex');

  function filesOf(part) {
    return readdirSync(join(folder, part)).filter((name) => /\.(cc|h)$/.test(name)).sort().map((name) => `${part}/${name}`);
  }
}

module.exports = { sourceDigest };

if (require.main === module) process.stdout.write(sourceDigest(process.argv[2]));
