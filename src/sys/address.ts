import { sysBinding } from '../addon/binding.js';
import { FAMILIES, NOT_NUMERIC, OWN_FAMILY, RAW_FAMILY, SOURCE_NOT_NUMERIC } from '../addon/exports.js';
import { checkInteger, checkOptions, type NamesOf } from '../arguments.js';
import { invalidType, invalidValue, notSupported, outOfRange } from '../errors.js';
import type { BindAddress, RawAddress, RemoteAddress, SocketFamily } from '../sys-types.js';
import { bytesOf } from './buffers.js';

/** Unknown names are refused: with a misspelt `host` the socket would be bound to every address. */
const BIND_NAMES: NamesOf<AddressFields> = { family: true, host: true, port: true, path: true };

const RAW_NAMES: NamesOf<RawAddress> = { family: true, raw: true };

const HOST_NAME = '.host';

/** A `struct sockaddr` begins with the family in two bytes, or with its length and the family in one byte each. */
const LEAST_RAW_BYTES = 2;
/** sizeof(struct sockaddr_storage) */
const MOST_RAW_BYTES = 128;

/** An address in the form that the addon takes. */
export interface NativeAddress {
  readonly family: number;
  readonly text: string | Uint8Array;
  readonly port: number;
  /** The name of the argument in error messages. */
  readonly name: string;
  /** Behind it the name of the host, where it is a property of the argument. */
  readonly hostName?: string;
}

interface AddressFields {
  readonly family?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
  readonly path?: unknown;
}

/**
 * Checks `address`, which error messages call `name`. Whether the host is numeric is left to the addon; see
 * `numeric()`.
 */
export function remoteAddress(address: RemoteAddress | RawAddress, name = 'address'): NativeAddress {
  if (isRaw(address)) return rawAddress(address, name);
  const fields = checkFields(address, name);
  if (isUnix(fields)) return unixAddress(fields.path, name);
  const { host, port } = fields;
  checkHost(host, name, HOST_NAME);
  checkInteger(port, `${name}.port`, 0, 65535);
  return { family: familyOf(fields.family, host), text: host, port, name, hostName: HOST_NAME };
}

/** Checks a numeric host without a port, which error messages call `name`. */
export function hostAddress(host: unknown, name: string): NativeAddress & { readonly text: string } {
  checkHost(host, name);
  return { family: familyOf(undefined, host), text: host, port: 0, name };
}

/** Checks an address for bind(): host and port may be missing. */
export function bindAddress(address: BindAddress | RawAddress, name = 'address'): NativeAddress {
  if (isRaw(address)) return rawAddress(address, name);
  const fields = checkFields(address, name);
  checkOptions(fields, BIND_NAMES, name);
  if (isUnix(fields)) return unixAddress(fields.path, name);
  const { family, host, port = 0 } = fields;
  checkInteger(port, `${name}.port`, 0, 65535);
  if (host === undefined) {
    return { family: family === undefined ? OWN_FAMILY : FAMILIES[family as SocketFamily], text: '', port, name };
  }
  checkHost(host, name, HOST_NAME);
  return { family: familyOf(family, host), text: host, port, name, hostName: HOST_NAME };
}

/**
 * Returns `result`, unless the addon says with it that the host of `address`, or of `source` beside it, is not numeric.
 */
export function numeric(result: number, address: NativeAddress | undefined, source?: NativeAddress): number {
  const wrong = result === NOT_NUMERIC ? address : result === SOURCE_NOT_NUMERIC ? source : undefined;
  if (wrong !== undefined) throw notNumeric(String(wrong.text), `${wrong.name}${wrong.hostName ?? ''}`);
  return result;
}

/** Whether `address` is a `struct sockaddr`. */
function isRaw(address: unknown): address is RawAddress {
  return typeof address === 'object' && address !== null && (address as { raw?: unknown }).raw !== undefined;
}

function rawAddress(address: RawAddress, name: string): NativeAddress {
  checkOptions(address, RAW_NAMES, name);
  if (!ArrayBuffer.isView(address.raw)) throw invalidType(`${name}.raw`, 'an instance of Uint8Array', address.raw);
  const bytes = bytesOf(address.raw, `${name}.raw`);
  const { length } = bytes;
  if (length < LEAST_RAW_BYTES || length > MOST_RAW_BYTES) {
    throw outOfRange(`${name}.raw`, `must have ${LEAST_RAW_BYTES} to ${MOST_RAW_BYTES} bytes`, length);
  }
  return { family: RAW_FAMILY, text: bytes, port: 0, name };
}

function checkFields(address: unknown, name: string): AddressFields {
  if (typeof address !== 'object' || address === null) {
    throw invalidType(name, 'an object { host, port }, { path } or { raw }', address);
  }
  const fields = address as AddressFields;
  const { family } = fields;
  if (family !== undefined && family !== 'ipv4' && family !== 'ipv6' && family !== 'unix') {
    throw invalidValue(`${name}.family`, "must be 'ipv4', 'ipv6' or 'unix'", family);
  }
  return fields;
}

function isUnix(fields: AddressFields): boolean {
  return fields.family === 'unix' || (fields.family === undefined && fields.path !== undefined);
}

function checkHost(host: unknown, name: string, hostName = ''): asserts host is string {
  if (typeof host !== 'string') throw invalidType(`${name}${hostName}`, 'of type string', host);
  if (host === '' || host.includes('\0')) throw notNumeric(host, `${name}${hostName}`);
}

function familyOf(family: unknown, host: string): number {
  if (family === undefined) return host.includes(':') ? FAMILIES.ipv6 : FAMILIES.ipv4;
  return FAMILIES[family as SocketFamily];
}

function unixAddress(path: unknown, name: string): NativeAddress {
  if (typeof path !== 'string') throw invalidType(`${name}.path`, 'of type string', path);
  const { longestPath, hasAbstractNames } = sysBinding();
  const isAbstract = path.startsWith('\0');
  if (isAbstract && !hasAbstractNames) throw notSupported('This kernel lacks abstract unix addresses');
  if (!isAbstract && path.includes('\0')) throw invalidValue(`${name}.path`, 'must not contain a NUL', path);
  const most = isAbstract ? longestPath + 1 : longestPath;
  const bytes = Buffer.byteLength(path);
  if (bytes > most) throw outOfRange(`${name}.path`, `must have at most ${most} bytes`, bytes);
  return { family: FAMILIES.unix, text: path, port: 0, name };
}

function notNumeric(host: string, name: string): TypeError {
  return invalidValue(name, 'must be a numeric address: names are not resolved here', host);
}
