import { setTimeout as delay } from 'node:timers/promises';
import * as sys from 'pollux/sys';
import { attempt, isSystemError } from './errors.js';

/** A byte has a start bit, eight bits and a stop bit on most lines. */
const BITS_OF_A_BYTE = 10;
const SHORTEST_WAIT_MS = 1;
/** Flow control may hold the output for any time, so the wait does not rely on the rate alone. */
const LONGEST_WAIT_MS = 100;
/** As long as close(2) blocks for output that the device does not take: `closing_wait` of setserial(8). */
const CLOSING_WAIT_MS = 30_000;

/**
 * Waits until everything written has been sent.
 *
 * @throws AbortError `signal` was aborted.
 */
export async function drain(fd: number, signal: AbortSignal): Promise<void> {
  const isSent = (): boolean =>
    attempt(
      () => sys.drainTerminal(fd) !== sys.WOULD_BLOCK,
      (text) => `Error: ${text}, cannot drain`,
    );
  while (!isSent()) await delay(sendingMs(fd), undefined, { signal });
}

/**
 * Waits for the output as close(2) does, which blocks the thread meanwhile: for as long as close(2) would. Then the
 * output is dropped.
 */
export async function finishOutput(fd: number): Promise<void> {
  try {
    const deadlineMs = performance.now() + CLOSING_WAIT_MS;
    while (sys.outputQueued(fd) > 0 && performance.now() < deadlineMs) await delay(sendingMs(fd));
    if (sys.outputQueued(fd) > 0) sys.flushTerminal(fd, 'output');
  } catch (error) {
    // The device is gone, or does not count its output.
    if (!isSystemError(error)) throw error;
  }
}

/** How long the output in the queue of the driver takes at the rate of the port. */
function sendingMs(fd: number): number {
  const baudRate = Math.max(1, sys.terminalSettings(fd).baudRate!);
  const ms = (sys.outputQueued(fd) * BITS_OF_A_BYTE * 1000) / baudRate;
  return Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, Math.ceil(ms)));
}
