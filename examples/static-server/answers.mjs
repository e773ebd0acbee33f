// What the server answers to a request: a head, and what of which file follows it.
import { closeSync } from 'node:fs';
import { openBelow } from './files.mjs';
import { parse, rangeOf } from './requests.mjs';

const REASONS = {
  200: 'OK',
  206: 'Partial Content',
  304: 'Not Modified',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  416: 'Range Not Satisfiable',
  431: 'Request Header Fields Too Large',
};

/**
 * The answer { head, file, offset, end, closes, lingers } to the head of a request, for the files below `root`.
 * `lingers`: the client may still be sending when it has got the answer.
 */
export function answerTo(text, root) {
  const request = parse(text);
  if (request === undefined) return refuse(400, true, true);
  const { method, path, closes, hasBody } = request;
  if (method !== 'GET' && method !== 'HEAD') return refuse(405, closes, hasBody, { allow: 'GET, HEAD' });
  const found = openBelow(root, path);
  if (found === undefined) return refuse(404, closes, hasBody);
  const answer = { ...offer(request, found), closes, lingers: hasBody };
  if (method === 'GET' && answer.offset < answer.end) return answer;
  closeSync(found.file);
  return { ...answer, file: -1, offset: 0, end: 0 };
}

/** An answer without a body. */
export function refuse(status, closes, lingers, fields = {}) {
  const head = headOf(status, closes, { 'content-length': 0, 'content-type': 'text/plain', ...fields });
  return { head, file: -1, offset: 0, end: 0, closes, lingers };
}

/** The file, a part of it, or why not. */
function offer({ method, field, closes }, { file, size, type, tag, changed }) {
  const about = { etag: tag, 'last-modified': changed };
  const none = { file, offset: 0, end: 0 };
  if (isKnown(field, tag, changed)) return { head: headOf(304, closes, about), ...none };
  // A part is for those whose other parts are of the same file.
  const isSame = [undefined, tag, changed].includes(field('if-range'));
  const range = method === 'GET' && isSame ? rangeOf(field('range') ?? '', size) : undefined;
  if (range === null) {
    const fields = { 'content-length': 0, 'content-type': 'text/plain', 'content-range': `bytes */${size}` };
    return { head: headOf(416, closes, fields), ...none };
  }
  const [offset, end] = range ?? [0, size];
  const fields = { 'content-length': end - offset, 'content-type': type, 'accept-ranges': 'bytes', ...about };
  if (range !== undefined) fields['content-range'] = `bytes ${offset}-${end - 1}/${size}`;
  return { head: headOf(range === undefined ? 200 : 206, closes, fields), file, offset, end };
}

/** Whether the client has the file as it is. */
function isKnown(field, tag, changed) {
  const tags = field('if-none-match');
  if (tags !== undefined)
    return tags === '*' || tags.split(/[ \t]*,[ \t]*/).some((each) => each.replace(/^W\//, '') === tag);
  return Date.parse(changed) <= Date.parse(field('if-modified-since') ?? '');
}

function headOf(status, closes, fields) {
  const all = { ...fields, connection: closes ? 'close' : 'keep-alive' };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`HTTP/1.1 ${status} ${REASONS[status]}\r\n${lines.join('')}\r\n`, 'latin1');
}
