import { readFileSync, statSync } from 'node:fs';
import { isColoured } from '../conformance/reporters/spec.js';
import { didYouMean } from '../did-you-mean.js';
import { LESSONS, lessonNamed, listOfLessons } from '../lab/lessons.js';
import { type Run, runScript } from '../lab/script.js';
import { svgOf } from '../lab/svg.js';
import { COLOURED, PLAIN, TextTimeline } from '../lab/text.js';
import { endThreads } from '../lab/threads.js';
import { exitBy } from './conformance.js';
import { runSession } from './lab-session.js';
import { checkOutput, complain, print, write } from './output.js';
import { parseOptionsAndFile, UsageError } from './usage-error.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `pollux lab`: a session on a terminal, or a script whose timeline is printed. Resolves with the exit status. */
export async function labCommand(args: string[]): Promise<number> {
  const { options, file } = parseOptionsAndFile(args, {
    text: { type: 'boolean', default: false },
    svg: { type: 'boolean', default: false },
    lesson: { type: 'string', default: '' },
    lessons: { type: 'boolean', default: false },
    record: { type: 'string', default: '' },
    check: { type: 'boolean', default: false },
  });
  const { text, svg, lesson, lessons, record, check } = options;
  if (text && svg) throw new UsageError('--text and --svg exclude each other');
  if (file !== undefined && lesson !== '') throw new UsageError('a FILE and --lesson exclude each other');
  if (lessons && (file !== undefined || lesson !== '')) throw new UsageError('--lessons goes with no script');
  checkLesson(lesson);
  if (lessons) {
    for (const line of listOfLessons()) print(line);
    return 0;
  }
  const isSession = file === undefined && !text && !svg && !check && process.stdin.isTTY && process.stdout.isTTY;
  if (record !== '' && !isSession)
    throw new UsageError('--record goes with a session: on a terminal, without FILE, --text and --svg');
  // What is left in the file system is removed when the process exits.
  for (const signal of SIGNALS) process.once(signal, exitBy);
  const paints = isColoured(process.stdout.isTTY) && !svg ? COLOURED : PLAIN;
  try {
    if (isSession) return await runSession({ paints, lesson, record: record || undefined });
    const [name, script] = lesson !== '' ? [lesson, lessonNamed(lesson).script] : await sourceIn(file ?? '-');
    const timeline = new TextTimeline(paints);
    const run = await runScript(script, name, (part) => {
      if (!svg) for (const line of timeline.linesOf(part)) print(line);
      checkOutput();
    });
    if (svg) write(svgOf(run));
    return check ? told(name, run) : 0;
  } finally {
    await endThreads();
    for (const signal of SIGNALS) process.off(signal, exitBy);
  }
}

/** Tells where a run was not what its script records. Returns the exit status. */
function told(name: string, { compared, differences }: Run): number {
  for (const line of differences) complain(`pollux: ${line}`);
  if (compared === 0) complain(`pollux: ${name} does not say what was seen, as a script of --record does`);
  return compared > 0 && differences.length === 0 ? 0 : 1;
}

function checkLesson(name: string): void {
  const names = LESSONS.map((lesson) => lesson.name);
  if (name !== '' && !names.includes(name))
    throw new UsageError(`there is no lesson "${name}"${didYouMean(name, names) || `: ${names.join(', ')}`}`);
}

/** The name and the text of a script. */
async function sourceIn(file: string): Promise<readonly [name: string, script: string]> {
  if (file === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return ['stdin', Buffer.concat(chunks).toString()];
  }
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new UsageError(`there is no file ${file}`);
  if (found.isDirectory()) throw new UsageError(`${file} is a directory; name a script`);
  return [file, readFileSync(file, 'utf8')];
}
