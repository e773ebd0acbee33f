// @ts-check
'use strict';
// The protocol of the probes: a line in, a line of JSON out.
const { readSync } = require('node:fs');

/** Calls `answer` with the words of each line until the input ends. @param {(words: string[]) => object} answer */
function answerLines(answer) {
  const bytes = Buffer.alloc(256);
  for (let length = readSync(0, bytes); length > 0; length = readSync(0, bytes)) {
    console.log(JSON.stringify(answer(bytes.toString('utf8', 0, length).trim().split(' '))));
  }
}

/** Processor time of this process, user and system, all threads. */
function cpuNs() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

module.exports = { answerLines, cpuNs };
