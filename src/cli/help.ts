/** What `pollux help` prints. No line is longer than 80 columns. */
export const USAGE = `usage: pollux <command>

  pollux info              runtime, backend, capabilities, binary in use, limits
  pollux echo              an echo server on a Poller, to try real clients on
  pollux conformance       runs what the Poller interface promises, clause by
                           clause, against a backend, a module or a driver
  pollux audit             runs a script, or any program, and finds faults in
                           how it uses pollers
  pollux lab               shows on this kernel what level, edge and oneshot
                           registrations of one descriptor report

  pollux help <command>    the options of a command; also: <command> --help
  pollux --help, -h        this text
  pollux --version, -v     the version of this package

exit status: 0 all went well; 1 it did not; 2 the command line is wrong`;

/** What `pollux help COMMAND` prints. */
export const HELP = {
  info: `usage: pollux info [--json]

Prints the runtime, the backend and what it can do, the addon in use, and the
limits of the kernel: what a report about a problem should begin with.

  --json        as one JSON object with the same names. Lists are lists and
                numbers numbers; the timeout resolution is in nanoseconds.
                What is not known here is null. "problem" says why there is
                no backend.
  -h, --help    this text

exit status:
  0  printed, also where there is no backend
  1  the output could not be written
  2  the command line is wrong`,

  echo: `usage: pollux echo [--host H] [--port N] [--mode MODE] [--loop LOOP]

Serves the echo protocol until SIGINT or SIGTERM. Prints one line when it is
ready: listening on HOST:PORT.

  --host H      the address or name to listen on; 127.0.0.1 by default
  --port N      0 … 65535, 7007 by default; 0: any free one
  --mode MODE   level (default), edge or oneshot: how connections are watched
  --loop LOOP   blocking (default): a loop of its own, in a worker;
                host: the event loop of the runtime
  -h, --help    this text

exit status:
  0  ended by SIGINT or SIGTERM
  1  it could not listen, the server failed, or the output could not be written
  2  the command line is wrong`,

  conformance: `usage: pollux conformance [--backend NAME | --module FILE | --driver COMMAND]
                          [--filter NAMES]... [--reporter NAME] [--bail]
                          [--list]
       pollux conformance compare A.json B.json [--reporter spec|json]

Runs the clauses of the Poller interface, each in a process that is ended when
the clause hangs, and reports which are kept.

  --backend NAME    pollux itself: auto (default), epoll or kqueue
  --module FILE     the createPoller() that FILE exports, CommonJS or ES module;
                    with its share() and attachPoller() for clauses on threads
  --driver COMMAND  the poller of a program in any language, which /bin/sh
                    starts, and which speaks docs/driver-protocol.md
  --filter NAMES    runs these only: groups and clauses, separated by commas.
                    May be repeated. --list shows the names.
                      --filter hangup            the whole group
                      --filter edge.2,oneshot    a clause and a group
  --reporter NAME   spec (default), tap, json, markdown, junit or html
  --bail            ends with the first clause that fails
  --list            prints the clauses and runs none; with --reporter json as
                    JSON, otherwise one a line: id, promise, needs, with tabs
  -h, --help        this text

exit status:
  0  nothing failed, and something ran
  1  a clause failed, none ran (all gated), no poller could be opened, or the
     output could not be written
  2  the command line is wrong
  130, 143  SIGINT or SIGTERM ended it

compare says which clauses ended otherwise in one report of --reporter json
than in another: 0 none did, 1 some did, 2 a file is no report.`,

  audit: `usage: pollux audit [--json] [--only CODES]... SCRIPT [ARGS]
       pollux audit [--json] [--only CODES]... [--save FILE]
                    --exec COMMAND [ARGS]
       pollux audit [--json] [--only CODES]... --strace FILE

Runs SCRIPT in this runtime, under audit: its pollers, reactors and streams,
also those of its threads and of the processes that it starts. Prints each
finding when it is found: what was seen, what to do, and where the descriptor
was registered. What follows SCRIPT is for the script.

With --exec it runs COMMAND, a program in any language, under strace(1), and
finds the same faults in its system calls, as far as these show them. It also
gives advice on what is merely unwise, which changes no exit status.

  --json         one JSON object a line, and no summary
  --only CODES   reports these only, separated by commas. May be repeated.
                   --only POLLUX_EDGE_NOT_DRAINED
  --exec         what follows is a command, with its threads and processes
  --save FILE    with --exec: keeps what strace has recorded
  --strace FILE  reads a recording instead:
                   strace -f -ttt -T -o FILE COMMAND
  -h, --help     this text

exit status:
  0  nothing was found
  1  something was found, or the script or command failed, or strace is missing
     or not permitted, or the output could not be written
  2  the command line is wrong`,

  lab: `usage: pollux lab [--lesson NAME] [--record FILE]
       pollux lab [--text | --svg] [--check] [--lesson NAME | FILE]

Registers one descriptor in four pollers, one for each mode, and shows after
every command what each poller reports on this kernel. On a terminal it is a
session: "help" lists the commands. A FILE, or "-" for standard input, is a
script of such commands, one a line; "#" begins a comment.

  --text         prints the timeline as text, as a script does by default
  --svg          prints the timeline as a picture
  --lesson NAME  begins a lesson: what to try, and why it comes out so
  --lessons      lists the lessons
  --record FILE  writes the commands of the session to FILE, as a script, each
                 with what was seen
  --check        compares what is seen with what was seen when the script was
                 recorded
  -h, --help     this text

exit status:
  0  all went well
  1  the script is wrong, --check found a difference or nothing to compare,
     no poller could be opened, or a file or the output could not be written
  2  the command line is wrong`,
} as const;

export type CommandName = keyof typeof HELP;

export const COMMAND_NAMES = Object.keys(HELP) as readonly CommandName[];
