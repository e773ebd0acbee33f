import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Place, ServerRecipe } from './servers.js';

const HOST = '127.0.0.1';

/** A certificate of `localhost` that signs itself: key.pem and ca.pem. */
function makeCertificate({ run }: Place): void {
  const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', 'key.pem'];
  run('openssl', 'req', '-x509', ...key, '-out', 'ca.pem', '-days', '2', '-subj', '/CN=localhost', ...names);
}

function write(folder: string, name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o644 });
  return path;
}

export const REDIS: ServerRecipe = {
  package: 'redis-server',
  program: 'redis-server',
  ports: 1,
  prepare: ({ folder, ports }) => ['--port', String(ports[0]), '--bind', HOST, '--save', '', '--dir', folder],
};

export const POSTGRES: ServerRecipe = {
  package: 'postgresql',
  program: 'postgres',
  others: ['initdb'],
  ports: 1,
  signal: 'SIGQUIT', // postgres removes its shared memory
  prepare({ folder, ports, run }) {
    const data = join(folder, 'data');
    run('initdb', '-D', data, '-U', 'postgres', '-A', 'trust', '--no-sync', '--no-locale', '-E', 'UTF8');
    return ['-D', data, '-F', '-h', HOST, '-p', String(ports[0]), '-k', folder];
  },
};

export const MARIADB: ServerRecipe = {
  package: 'mariadb-server',
  program: 'mariadbd',
  others: ['mariadb-install-db'],
  ports: 1,
  prepare({ folder, ports, run }) {
    const data = `--datadir=${join(folder, 'data')}`;
    run('mariadb-install-db', '--no-defaults', data, '--auth-root-authentication-method=normal', '--skip-test-db');
    const files = [`--socket=${join(folder, 'socket')}`, `--pid-file=${join(folder, 'pid')}`];
    return ['--no-defaults', data, ...files, `--bind-address=${HOST}`, `--port=${ports[0]}`, '--sync-binlog=0'];
  },
};

export const MOSQUITTO: ServerRecipe = {
  package: 'mosquitto',
  program: 'mosquitto',
  ports: 1,
  prepare: ({ folder, ports }) => [
    '-c',
    write(folder, 'mosquitto.conf', [`listener ${ports[0]} ${HOST}`, 'allow_anonymous true']),
  ],
};

/** HTTP at the first port, HTTPS and HTTP/2 at the second; the root has the file `hello.txt`. */
export const NGINX: ServerRecipe = {
  package: 'nginx-light openssl',
  program: 'nginx',
  others: ['openssl'],
  ports: 2,
  prepare(place) {
    const { folder, ports } = place;
    makeCertificate(place);
    const root = join(folder, 'root');
    mkdirSync(root);
    write(root, 'hello.txt', ['hello from nginx']);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path tmp-${name};`,
    );
    const path = write(folder, 'nginx.conf', [
      'daemon off; master_process off; pid nginx.pid; error_log stderr;',
      'events { worker_connections 64; }',
      `http { access_log off; root ${root}; ${temporary.join(' ')}`,
      `  server { listen ${HOST}:${ports[0]}; }`,
      `  server { listen ${HOST}:${ports[1]} ssl http2;`,
      '    ssl_certificate ca.pem; ssl_certificate_key key.pem; }',
      '}',
    ]);
    return ['-p', folder, '-c', path, '-e', 'stderr'];
  },
};

/** Accepts the key `id_ed25519` for its user, who may fetch files. */
export const SSHD: ServerRecipe = {
  package: 'openssh-server',
  program: 'sshd',
  others: ['ssh-keygen'],
  ports: 1,
  prepare({ folder, ports, run }) {
    for (const name of ['host_key', 'id_ed25519']) {
      run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', join(folder, name));
    }
    write(folder, 'hello.txt', ['hello over ssh']);
    const path = write(folder, 'sshd_config', [
      `ListenAddress ${HOST}:${ports[0]}`,
      `HostKey ${join(folder, 'host_key')}`,
      `AuthorizedKeysFile ${join(folder, 'id_ed25519.pub')}`,
      'PidFile none',
      'StrictModes no',
      'UsePAM yes', // without PAM, an account that has no password is locked
      'Subsystem sftp internal-sftp',
    ]);
    return ['-D', '-e', '-f', path];
  },
};
