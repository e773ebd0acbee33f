const { bun, deno } = process.versions as Readonly<Record<string, string | undefined>>;

/** Tests that a runtime cannot run, by what their titles begin with, and what it lacks. */
const GATES: readonly (readonly [runtime: string | undefined, titles: RegExp, reason: string])[] = [
  [deno, /^(echo\.)/, 'Deno ends the process by SIGTERM before its handler runs while a worker waits'],
  [
    deno,
    /^(unload\.[12]|terminate\.1|life\.|workers\.1 |lookout\.8 )/,
    'Deno does not end a worker that is blocked in a native call, and terminate() does not wait for it',
  ],
  [deno, /^(load\.1|share\.9) /, 'Deno ends a worker after terminate() has resolved'],
  [bun, /^life\.8 /, 'Bun does not enforce the resourceLimits of a worker'],
  [bun ?? deno, /^fault\.stream\./, 'a thread waits here, and the calls that are to fail may be its own'],
  [bun ?? deno, /^fault\.sandbox\./, 'the runtime makes the refused calls itself, and need not go on without them'],
  [bun ?? deno, /^fault\.sigpipe\./, 'the program waits until libuv has given the signal back to the system'],
  [bun, /^conformance\.8 /, 'Bun opens and closes descriptors of its own for child processes'],
  [deno, /^(net\.listen\.17|stream\.ref\.1) /, 'deno -e takes no CommonJS'],
  [deno, /^(memory\.7|stream\.leak\.1) /, 'Deno opens descriptors of its own as it goes'],
  [deno, /^(timeout\.[68]|cli\.output\.8) /, 'Deno installs the handler of a signal some time after process.on()'],
  [
    bun ?? deno,
    /^(fuzz|fault\.fuzz)\./,
    'the fuzzer runs in processes of Node, and compares streams with its net.Socket',
  ],
  [deno, /^sys\.socket\.4 /, 'os.constants.errno of Deno has no ESOCKTNOSUPPORT'],
  [
    bun ?? deno,
    /^stream\.tls\.[1-4] /,
    'it has no pre-shared keys in TLS; over a Duplex the TLS of Bun loses its tail, that of Deno does not end',
  ],
  [deno, /^stream\.socket\.8 /, 'the http server of Deno closes each connection that it was given, after one answer'],
  [
    deno,
    /^stream\.socket\.9 /,
    'the http server of Deno closes a connection whose client has ended before its answer is sent',
  ],
];

/** Why the test of that title cannot run on this runtime; undefined where it can, and on Node. */
export function objectionOfRuntime(title: string): string | undefined {
  return GATES.find(([runtime, titles]) => runtime !== undefined && titles.test(title))?.[2];
}
