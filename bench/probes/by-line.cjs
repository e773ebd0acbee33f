// @ts-check
'use strict';
// The protocol of the probes: a line in, a line of JSON out.
const { readSync } = require('node:fs');
const { createInterface } = require('node:readline');

const bytes = Buffer.alloc(256);

/** The words of the next line; undefined when the input has ended. */
function readWords() {
  const length = readSync(0, bytes);
  return length > 0 ? bytes.toString('utf8', 0, length).trim().split(' ') : undefined;
}

/** Calls `answer` with the words of each line until the input ends. @param {(words: string[]) => object} answer */
function answerLines(answer) {
  for (let words = readWords(); words !== undefined; words = readWords()) console.log(JSON.stringify(answer(words)));
}

/** The same in an event loop. @param {(words: string[]) => Promise<object>} answer */
async function answerLinesLater(answer) {
  for await (const line of createInterface(process.stdin)) {
    console.log(JSON.stringify(await answer(line.trim().split(' '))));
  }
}

/** Processor time of this process, user and system, all threads. */
function cpuNs() {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

module.exports = { answerLines, answerLinesLater, cpuNs, readWords };
