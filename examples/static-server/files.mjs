// The files that a server of files may show.
import { closeSync, constants, fstatSync, openSync, realpathSync } from 'node:fs';
import { extname, join, sep } from 'node:path';

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.md': 'text/markdown',
  '.mjs': 'text/javascript',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
};

/**
 * Opens what the path of a URL names, if it is a regular file below `root`: neither `..` nor a link leads out of it.
 * Returns { file, size, type, tag, changed }, or undefined. `root` is as realpath(3) has it.
 */
export function openBelow(root, path) {
  let file = -1;
  try {
    const real = realpathSync.native(join(root, decodeURIComponent(path), path.endsWith('/') ? 'index.html' : ''));
    if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) return undefined;
    file = openSync(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const found = fstatSync(file, { bigint: true });
    if (found.isFile()) return describe(real, file, found);
  } catch {
    // ENOENT, EACCES, a malformed escape, a NUL: there is no such file.
  }
  if (file >= 0) closeSync(file);
  return undefined;
}

function describe(path, file, { size, mtimeNs, mtime }) {
  return {
    file,
    size: Number(size),
    type: TYPES[extname(path)] ?? 'application/octet-stream',
    tag: `"${mtimeNs.toString(36)}-${size.toString(36)}"`,
    changed: mtime.toUTCString(),
  };
}
