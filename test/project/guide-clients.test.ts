import * as assert from 'uvu/assert';
import { blocksOf, CLIENTS_PAGE } from '../support/pages.js';
import { lacksClient, outputOf } from '../support/client-program.js';
import { MARIADB, MOSQUITTO, NGINX, POSTGRES, REDIS, SSHD } from '../support/server-recipes.js';
import { lacksServer, startServerOf, type RunningServer, type ServerRecipe } from '../support/servers.js';
import { suite } from '../support/suite.js';

const test = suite('the guide to TLS, HTTP, WebSocket and databases', { needs: ['node', 'kernel'] });

/** What the program under a heading talks to, and the ports that it names; without a row, to itself. */
const SERVERS: Readonly<Record<string, readonly [ServerRecipe, ...ports: string[]]>> = {
  TLS: [NGINX, '8080', '8443'],
  HTTP: [NGINX, '8080', '8443'],
  HTTPS: [NGINX, '8080', '8443'],
  'HTTP/2': [NGINX, '8080', '8443'],
  'undici and fetch': [NGINX, '8080', '8443'],
  Redis: [REDIS, '6379'],
  PostgreSQL: [POSTGRES, '5432'],
  'MySQL and MariaDB': [MARIADB, '3306'],
  MQTT: [MOSQUITTO, '1883'],
  SSH: [SSHD, '2222'],
};

const blocks = blocksOf(CLIENTS_PAGE);
const programs = blocks.flatMap(({ heading, language, text: source }, index) =>
  language === 'js' ? [{ heading, source, output: blocks[index + 1] }] : [],
);

/** The program with what the tests have in place of the usual ports and the user. */
function adapted(source: string, server: RunningServer, ports: readonly string[]): string {
  const named = ports.reduce((changed, port, i) => changed.replaceAll(port, String(server.ports[i])), source);
  return named.replace("username: 'deploy'", `username: '${server.user}'`);
}

for (const [index, { heading, source, output }] of programs.entries()) {
  const [recipe, ...ports] = SERVERS[heading] ?? [];
  const reason = lacksClient(source) ?? (recipe && lacksServer(recipe));
  test.unless(reason)(
    `project:guide-clients.${index + 1} the program of "${heading}" prints what the page says`,
    async () => {
      assert.is(output?.language, 'text');
      if (recipe === undefined) {
        assert.is(await outputOf(source, __dirname), output!.text);
        return;
      }
      await using server = await startServerOf(recipe);
      assert.is(await outputOf(adapted(source, server, ports), server.folder), output!.text);
    },
  );
}

test('project:guide-clients.0 every program is known, and every server is used', () => {
  assert.ok(programs.length > Object.keys(SERVERS).length);
  const headings = programs.map(({ heading }) => heading);
  for (const heading of Object.keys(SERVERS)) assert.ok(headings.includes(heading), heading);
});
