'use strict';
// One digest of what the compiler sees of a binary's sources: the addon carries it, prebuilds/manifest.json lists it.
// `node source-digest.js BACKEND` prints it; BACKEND is the folder of the backend, linux or bsd.
const { createHash } = require('node:crypto');
const { readFileSync, readdirSync } = require('node:fs');
const { join } = require('node:path');

const LITERAL = /R"([^()\\\s]*)\([^]*?\)\1"|"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'/;
const COMMENT = /\/\/(?:[^\\\n]|\\[^])*|\/\*[^]*?\*\//;
const LITERAL_OR_GAP = new RegExp(
  `(?<literal>${LITERAL.source.replace('\\1', '\\2')})|(?:${COMMENT.source}|\\s)+`,
  'g',
);
const COMMENTS = new RegExp(COMMENT.source, 'g');

/** `source` without comments, blank lines and indentation: these change no binary. */
function compiledText(source) {
  const text = source.replace(LITERAL_OR_GAP, (token, ...rest) => {
    if (rest.at(-1).literal !== undefined) return token;
    // A line's end is kept: it ends a directive of the preprocessor.
    return token.replace(COMMENTS, ' ').includes('\n') ? '\n' : ' ';
  });
  return text.trim();
}

/** The digest of native/pollux.gypi and of the sources for BACKEND below `folder`: a hexadecimal SHA-256. */
function sourceDigest(backend, folder = __dirname) {
  const hash = createHash('sha256').update(readFileSync(join(folder, 'pollux.gypi')));
  for (const name of ['common', 'addon', 'addon/host_loop', 'addon/sys', 'posix', backend].flatMap(filesOf)) {
    hash.update(`\0${name}\0`).update(compiledText(readFileSync(join(folder, name), 'utf8')));
  }
  return hash.digest('hex');

  function filesOf(part) {
    return readdirSync(join(folder, part))
      .filter((name) => /\.(cc|h)$/.test(name))
      .sort()
      .map((name) => `${part}/${name}`);
  }
}

module.exports = { compiledText, sourceDigest };

if (require.main === module) process.stdout.write(sourceDigest(process.argv[2]));
