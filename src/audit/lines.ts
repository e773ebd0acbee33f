import type { RegistrationInspection } from '../audit-types.js';

/** One registration in a line, for people. */
export function registrationLine(registration: RegistrationInspection): string {
  const { fd, kind, interest, mode, armed, events, lastEvent } = registration;
  const state = interest === '0' ? 'paused' : armed === false ? 'disarmed' : 'armed';
  const counts = events === undefined ? '' : `, ${events} ${events === 1 ? 'event' : 'events'}`;
  const last = lastEvent === undefined ? '' : `, the last ${lastEvent.readiness} ${Math.round(lastEvent.agoMs)} ms ago`;
  return `fd ${fd} (${kind}) ${interest} ${mode}, ${armed === undefined ? 'oneshot state unknown' : state}${counts}${last}`;
}
