// Progress of long work, on standard error: on a terminal one line with the work at hand and the time left, elsewhere
// nothing.

const isTerminal = process.stderr.isTTY === true;

export function showProgress(text, secondsLeft) {
  if (!isTerminal) return;
  const left = secondsLeft === undefined ? '' : `, about ${Math.max(1, Math.round(secondsLeft))} s left`;
  process.stderr.write(`\r\x1b[K${text}${left}`);
}

export function clearProgress() {
  if (isTerminal) process.stderr.write('\r\x1b[K');
}
