import { didYouMean } from '../did-you-mean.js';
import { backends } from '../index.js';
import { LabError } from './commands.js';
import { wrapped } from './text.js';

export interface Lesson {
  readonly name: string;
  readonly title: string;
  /** A script. A line that begins with `epoll|` or `kqueue|` belongs to the lesson on that backend only. */
  readonly text: string;
}

/** The exercises of the textbooks. What a comment announces is what the next command shows. */
export const LESSONS: readonly Lesson[] = [
  {
    name: 'level-echo',
    title: 'Level: a handler may read as little as it likes',
    text: `# The peer sends 4 bytes to an echo server. Which registrations report them?
modes LEVEL EDGE ONESHOT EDGE|ONESHOT
open socketpair
write 4
# All of them. The handler reads 1 byte, and 3 are left. Who reports those?
read 1
# LEVEL alone: it reports that there is something to read. EDGE reports that
# something has arrived, and nothing has. ONESHOT has had its one event.
# The handler sends its byte back. Does that change what fd can read?
write 1 fd
# No: LEVEL still sees 3 bytes, and EDGE still nothing new. Read the rest:
drain
# Nothing is left, so LEVEL is silent.
# To try: "write 1" and then "wait" three times; "watch READABLE WRITABLE".`,
  },
  {
    name: 'edge-drain',
    title: 'Edge: what the handler leaves unread is not reported again',
    text: `# The handler reads 2 bytes for each event. The peer sends 4, and waits for
# an answer to all of them.
modes LEVEL EDGE
open socketpair
write 4
read 2
# LEVEL reports the 2 bytes that are left. EDGE does not, however often the
# server asks:
wait
# A server on EDGE sleeps here, and its client waits for the answer: the lost
# wake-up of the textbooks. Only new data wakes the server:
write 1
# One edge, although 3 bytes wait. The cure is a handler that drains:
drain
# Nothing is left behind, and the next byte is an edge again:
write 1
# To try: "rearm" reports what is unread at once, also under EDGE.`,
  },
  {
    name: 'half-close',
    title: 'Half-close: the peer has finished, and fd has not',
    text: `# The peer sends 2 bytes and shuts down its sending. Is that a hangup?
modes LEVEL EDGE ONESHOT EDGE|ONESHOT
open tcp
write 2
shutdown
# It is not. READ_CLOSED says that the peer sends no more; the bytes wait.
drain
# READABLE stays: a read returns 0 at once, which is the end of the stream.
# LEVEL reports that by every wait. fd can still send its answer:
write 3 fd
drain peer
# A program that has read the end takes READABLE out of its interest, or its
# loop spins. With WRITABLE alone it hears of room for its answer:
watch WRITABLE
watch READABLE
# Now fd finishes, too. Both directions are finished: that is the hangup.
shutdown fd
# To try: "open tcp", "write 1 fd", "close": the peer has not read everything,
# so it closes with a reset. ERROR and HANGUP come together.`,
  },
  {
    name: 'oneshot-pool',
    title: 'Oneshot: one owner at a time in a pool of threads',
    text: `# Several workers share a poller. Read each line as one worker that asks it.
modes LEVEL EDGE ONESHOT EDGE|ONESHOT
open socketpair
write 2
# The first worker has the event and begins to read. A second worker asks:
wait
# LEVEL gave the connection to a second worker: two of them read one stream.
# EDGE did not. But more data comes while the first worker is busy:
write 1
# Now EDGE has a second owner as well. ONESHOT is silent until its owner says
# that it is finished. It reads, and re-arms:
drain
rearm
# Nothing was unread, so nothing came. The next data has one owner again:
write 1
# To try: "rearm" before "drain". What came meanwhile is reported, not lost.`,
  },
  {
    name: 'hangup-spin',
    title: 'Hangup: the event that does not go away',
    text: `# The writer of a pipe goes away. The handler asks for READABLE, and reads.
modes LEVEL EDGE ONESHOT
open pipe
write 2
close
# A pipe has one direction, so the end of that direction is a hangup. The
# handler reads what is there:
drain
wait
# LEVEL reports the end by every wait, and reading does not change that. A loop
# that ignores it takes a whole processor.
epoll| # EDGE reported it once, and does not repeat it.
kqueue| # EDGE reported it again after the reads: kqueue takes them for a change.
# What ends the reports is a pause, or remove() and close():
watch nothing
remove
close fd
# To try: the same on a "fifo" and a "pty".`,
  },
  {
    name: 'dup-ghost',
    title: 'The ghost: a closed descriptor that is still reported',
    text: `# fd is closed without remove(), while a duplicate of it is open: dup(), a
# child process, or a descriptor that was sent to another process.
modes LEVEL EDGE
open pipe
dup
close fd
# A program that has closed a descriptor expects no event of it. The peer
# writes:
write 1
epoll| # epoll registered the open file, and the duplicate keeps that open. The
epoll| # number is closed, so no call can end the registration:
kqueue| # kqueue ends a registration with its number. The duplicate is a number of
kqueue| # its own, which nobody has registered:
remove
epoll| # pollux has dropped its record, and hides the events from now on; the kernel
epoll| # keeps them. The order that is right everywhere is remove, then close:
kqueue| # On epoll, the events would have gone on. The order that is right everywhere
kqueue| # is remove, then close:
open pipe
dup
remove
close fd
write 1
# To try: "close dup" after the first "close fd": the last one ends it.`,
  },
  {
    name: 'thundering-herd',
    title: 'The thundering herd: one connection, and everybody wakes',
    text: `# Four threads wait, each on a poller of its own, for the same listener.
modes LEVEL LEVEL LEVEL LEVEL
open listener
block
connect
# One connection came, and four threads woke. One of them accepts it:
accept
# The accept() of the other three finds nothing:
accept
epoll| # EXCLUSIVE asks the kernel to wake at least one of them, not all:
epoll| modes EXCLUSIVE EXCLUSIVE EXCLUSIVE EXCLUSIVE
epoll| open listener
epoll| block
epoll| connect
epoll| # The others slept on. "At least one" is all that is promised: a thread that
epoll| # was not asleep yet may have the event, too, so accept() may still say
epoll| # WOULD_BLOCK.
kqueue| # kqueue has no EXCLUSIVE.
# The other cures: one poller for all threads with ONESHOT (the lesson
# oneshot-pool), or a listener for each thread with SO_REUSEPORT.
# To try: "modes EDGE EDGE EDGE EDGE", "open listener", "block", "connect".`,
  },
];

/** The script of a lesson on the backend of this machine. Throws a LabError where there is no such lesson. */
export function lessonNamed(
  name: string,
  backend: string = backends()[0] ?? 'epoll',
): { title: string; script: string } {
  const lesson = LESSONS.find((each) => each.name === name);
  const names = LESSONS.map((each) => each.name);
  if (lesson === undefined)
    throw new LabError(`there is no lesson "${name}"${didYouMean(name, names) || `: ${names.join(', ')}`}`);
  const lines = lesson.text.split('\n').flatMap((line) => {
    const [, only, rest] = /^(\w+)\| (.*)$/.exec(line) ?? [];
    return only === undefined ? [line] : only === backend ? [rest!] : [];
  });
  return { title: lesson.title, script: [`title ${lesson.title}`, ...lines, ''].join('\n') };
}

/** The lessons, a line each. */
export function listOfLessons(): string[] {
  const width = Math.max(...LESSONS.map(({ name }) => name.length)) + 2;
  return LESSONS.flatMap(({ name, title }) =>
    wrapped(title.split(' '), 80 - width).map((line, index) => `${(index === 0 ? name : '').padEnd(width)}${line}`),
  );
}
