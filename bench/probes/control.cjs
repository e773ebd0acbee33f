// @ts-check
'use strict';
// add(), modify() and remove() over many descriptors.
//
//   control.cjs DESCRIPTORS
//   control LOOPS     {"addNs","modifyNs","removeNs"}
const { createPoller, READABLE } = require('pollux');
const sys = require('pollux/sys');
const { answerLines, cpuNs } = require('./by-line.cjs');

const fds = Array.from({ length: Number(process.argv[2]) }, () => sys.pipe()[0]);
const poller = createPoller();

answerLines(([, loops]) => {
  const spent = { addNs: 0, modifyNs: 0, removeNs: 0 };
  for (let loop = 0; loop < Number(loops); loop++) {
    const start = cpuNs();
    for (const fd of fds) poller.add(fd, READABLE);
    const added = cpuNs();
    for (const fd of fds) poller.modify(fd, READABLE);
    const modified = cpuNs();
    for (const fd of fds) poller.remove(fd);
    spent.addNs += added - start;
    spent.modifyNs += modified - added;
    spent.removeNs += cpuNs() - modified;
  }
  return spent;
});
