import * as assert from 'uvu/assert';
import { pollux } from '../support/command.js';
import { suite } from '../support/suite.js';

const test = suite('cli-usage');
const COMMANDS = ['info', 'echo', 'conformance', 'audit', 'lab'];

/** What a successful command printed. */
function printed(...args: string[]): string {
  const { stdout, stderr, status } = pollux(args);
  assert.equal([status, stderr], [0, ''], args.join(' '));
  return stdout;
}

test('cli:usage.1 help, -h and --help print the usage with every command', () => {
  const usage = printed('help');
  assert.match(usage, /^usage: pollux <command>/);
  for (const command of COMMANDS) assert.match(usage, `\n  pollux ${command} `);
  assert.is(printed('-h'), usage);
  assert.is(printed('--help'), usage);
});

for (const command of COMMANDS) {
  test(`cli:usage.2 the help of ${command} names options and exit statuses, whichever way the help is requested`, () => {
    const help = printed('help', command);
    assert.match(help, new RegExp(`^usage: pollux ${command} `));
    assert.match(help, /\nexit status:\n {2}0 {2}.*\n(.*\n)*? {2}1 {2}.*\n(.*\n)*? {2}2 {2}/);
    for (const args of [
      [command, '--help'],
      [command, '-h'],
      ['--help', command],
      [command, '--nope', '--help'],
    ]) {
      assert.is(printed(...args), help, args.join(' '));
    }
  });
}

test('cli:usage.3 the help of conformance explains filters', () => {
  assert.match(printed('help', 'conformance'), /separated by commas[^]*repeated[^]*--filter edge\.2,oneshot/);
});

test('cli:usage.4 no line of help is longer than 80 columns', () => {
  for (const args of [['help'], ...COMMANDS.map((command) => ['help', command])]) {
    const long = printed(...args)
      .split('\n')
      .filter((line) => [...line].length > 80);
    assert.equal(long, []);
  }
});

test('cli:usage.5 -v and --version print the version', () => {
  assert.match(printed('-v'), /^\d+\.\d+\.\d+\n$/);
  assert.is(printed('--version'), printed('-v'));
});

const MISSPELT: readonly (readonly [args: string[], meant: string])[] = [
  [['nfo'], 'info'],
  [['conformence'], 'conformance'],
  [['conf'], 'conformance'],
  [['hlep'], 'help'],
  [['--hepl'], '--help'],
  [['help', 'ecoh'], 'echo'],
  [['info', '--jsno'], '--json'],
  [['echo', '--prot', '7'], '--port'],
  [['echo', '--mode', 'leval'], 'level'],
  [['echo', '--loop', 'hosts'], 'host'],
  [['conformance', '--filters', 'edge'], '--filter'],
  [['conformance', '--reporter', 'jnit'], 'junit'],
  [['conformance', '--backend', 'epol'], 'epoll'],
  [['conformance', '--filter', 'hangp'], 'hangup'],
  [['conformance', '--filter', 'oneshto.6'], 'oneshot.6'],
  [['lab', '--lesson', 'edge-drian'], 'edge-drain'],
  [['lab', '--lesons'], '--lessons'],
];

test('cli:usage.6 a misspelt command, option or word is answered with a suggestion', () => {
  for (const [args, meant] of MISSPELT) {
    const { stdout, stderr, status } = pollux(args);
    assert.equal([status, stdout], [2, ''], args.join(' '));
    assert.match(
      stderr.split('\n')[0]!,
      new RegExp(`^pollux: .*\\. Did you mean "${meant.replace('.', '\\.')}"\\?`),
      args.join(' '),
    );
  }
});

test('cli:usage.7 an unknown option, a missing value and a superfluous value are named', () => {
  const wrong: readonly (readonly [args: string[], message: string])[] = [
    [['info', '--zebra'], "unknown option '--zebra'"],
    [['info', '-x'], "unknown option '-x'"],
    [['conformance', '--zebra=1'], "unknown option '--zebra'"],
    [['info', '--json=yes'], `'--json' takes no value, and was given "yes"`],
    [['echo', '--port'], "'--port' needs a value"],
    [
      ['echo', '--port', '--mode'],
      `'--port' needs a value, and "--mode" looks like an option: to mean it, write --port=--mode`,
    ],
    [['echo', 'x'], "unexpected argument 'x'"],
    [['--version', 'x'], "unexpected argument 'x'"],
    [['help', 'info', 'x'], "unexpected argument 'x'"],
  ];
  for (const [args, message] of wrong) {
    const { stdout, stderr, status } = pollux(args);
    assert.equal(
      [status, stdout, stderr],
      [2, '', `pollux: ${message}\nnpx pollux --help shows the usage\n`],
      args.join(' '),
    );
  }
});
