/** Which runtime this is, and what depends on that. No other file of the package asks. */

/**
 * Bun and Deno have an entry of their own in `process.versions`. Everything else that tells them from Node is imitated.
 */
const { node, bun, deno } = process.versions as NodeJS.ProcessVersions & {
  readonly bun?: string;
  readonly deno?: string;
};

/** The name and version of the runtime, for messages: `node 22.1.0`. */
export const RUNTIME = bun !== undefined ? `bun ${bun}` : deno !== undefined ? `deno ${deno}` : `node ${node}`;

export const IS_NODE = bun === undefined && deno === undefined;

/**
 * Deno calls back for timers, immediates and threads one after the other, before it runs the ticks and microtasks of
 * any. Elsewhere the ticks and microtasks of each callback run before the next callback.
 */
export const TICKS_COME_LATE = deno !== undefined;

/**
 * Why libuv cannot wait in this runtime; undefined where it may be tried. Bun exports libuv's functions and aborts when
 * they are called; in Deno they call back once.
 */
export const OBJECTION_TO_LIBUV =
  bun !== undefined
    ? `the event loop of Bun ${bun} is not libuv's`
    : deno !== undefined
      ? `the event loop of Deno ${deno} is not libuv's`
      : undefined;

/**
 * Node 18: an uncaught exception leaves all async scopes, and leaving the scope of a domain once more aborts the
 * process.
 */
export const LEAVES_SCOPES_TWICE = node.startsWith('18.');

/** Bun opens descriptors for its first child process, and keeps them. */
export const KEEPS_DESCRIPTORS_OF_CHILDREN = bun !== undefined;

/** Deno opens descriptors for its first signal, and keeps them. */
export const KEEPS_DESCRIPTORS_OF_SIGNALS = deno !== undefined;

/** fstat() of Deno's node:fs knows only the descriptors that Deno has opened. */
export const STATS_ONLY_ITS_OWN = deno !== undefined;

/** Deno tells the place of a syntax error by itself, and takes no program with `-e` that requires a module. */
export const TELLS_PLACE_OF_SYNTAX_ERRORS = deno !== undefined;

/** Deno prints "Uncaught null" for what napi_fatal_exception() raises. */
export const PRINTS_NULL_FOR_ERRORS = deno !== undefined;
