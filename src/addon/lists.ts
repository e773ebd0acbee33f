import { BITS } from '../interest.js';
import {
  ARGUMENTS,
  DIRECTIONS,
  FAMILIES,
  LAYOUT,
  type Lists,
  LOCKS,
  MESSAGE_FLAGS,
  NO_ADDRESS,
  OWN_FAMILY,
  RAW_FAMILY,
  OPERATIONS,
  RECEIVED,
  RESULTS,
  SUBMISSION,
  TYPES,
} from './exports.js';

/** Those of native/addon/lists.cc. */
const OURS: Lists = {
  bits: BITS,
  batch: LAYOUT,
  received: RECEIVED,
  results: RESULTS,
  families: { none: NO_ADDRESS, own: OWN_FAMILY, raw: RAW_FAMILY, ...FAMILIES },
  types: TYPES,
  directions: DIRECTIONS,
  arguments: ARGUMENTS,
  locks: LOCKS,
  submission: SUBMISSION,
  operations: OPERATIONS,
  messageFlags: MESSAGE_FLAGS,
};

/** The numbers that `theirs` lacks, has in addition, or defines otherwise, as `list.name`. */
export function differences(theirs: Lists): string[] {
  return union(OURS, theirs).flatMap((list) => {
    const [our, their] = [OURS[list] ?? {}, theirs[list] ?? {}];
    return union(our, their)
      .filter((name) => our[name] !== their[name])
      .map((name) => `${list}.${name}`);
  });
}

function union(one: object, other: object): string[] {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])];
}
