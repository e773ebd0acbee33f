// The head of a request of HTTP/1.1, as far as a server of files looks at it.

/** Undefined where `head` is none. */
export function parse(head) {
  const [, method, target, minor] = /^([A-Z]+) (\S+) HTTP\/1\.([01])(?:\r\n|$)/.exec(head) ?? [];
  const path = target === undefined ? undefined : pathOf(target);
  if (path === undefined) return undefined;
  const field = (name) => new RegExp(`\r\n${name}:[ \t]*([^\r]*?)[ \t]*(?=\r|$)`, 'i').exec(head)?.[1];
  const connection =
    field('connection')
      ?.toLowerCase()
      .split(/[ \t]*,[ \t]*/) ?? [];
  const hasBody = /^[^0]|^0*[1-9]/.test(field('content-length') ?? '0') || field('transfer-encoding') !== undefined;
  return {
    method,
    path,
    field,
    hasBody,
    // A body is not looked at: the connection ends in its place.
    closes: hasBody || connection.includes('close') || (minor === '0' && !connection.includes('keep-alive')),
  };
}

/** The path of `/path?query` or, as proxies are asked, of `http://host/path?query`. */
function pathOf(target) {
  const [, path] = /^(?:https?:\/\/[^/?#]+)?([^?#]*)/i.exec(target);
  if (path === '' && /^https?:\/\/[^/?#]/i.test(target)) return '/';
  return path.startsWith('/') ? path : undefined;
}

/**
 * The part of a file of `size` bytes that a Range asks for: [from, to), null where there is no such part, and
 * undefined where the whole file is to be sent, also to those who ask for several parts.
 */
export function rangeOf(text, size) {
  const [, first, last] = /^bytes=[ \t]*(\d*)-(\d*)$/i.exec(text) ?? [];
  if (first === undefined || first + last === '') return undefined;
  if (first === '') return Number(last) === 0 || size === 0 ? null : [Math.max(size - Number(last), 0), size];
  if (last !== '' && Number(last) < Number(first)) return undefined;
  return Number(first) >= size ? null : [Number(first), last === '' ? size : Math.min(Number(last) + 1, size)];
}
