import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import * as assert from 'uvu/assert';
import { blocksOf } from '../../../test/support/pages.js';
import { scoped } from '../../../test/support/scope.js';
import { suite } from '../../../test/support/suite.js';
import { Device, rejection } from './device.js';

const test = suite('serialport binding: programs');

/** The block of that language on the page of the package. */
function blockOf(language: string): string {
  return blocksOf('packages/serialport-binding/README.md').find((block) => block.language === language)!.text;
}

/** Starts a program, with the path of a port as its argument; all that it prints. */
function start(file: string, path: string): { printed: Promise<string>; status: Promise<number | null> } {
  const child = spawn(process.execPath, [file, path], { stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = once(child, 'close') as Promise<[number | null]>;
  return {
    printed: ended.then(() => String(Buffer.concat(chunks))),
    status: ended.then(([status]) => status),
  };
}

/** Runs `body` with a file that has that text. */
async function withFile(name: string, text: string, body: (file: string) => Promise<void>): Promise<void> {
  const file = join(__dirname, name);
  writeFileSync(file, text);
  try {
    await body(file);
  } finally {
    rmSync(file);
  }
}

test(
  'serialport-binding:program.1 the example of the README prints what the README says',
  scoped(async (scope) => {
    const device = new Device(scope);
    await withFile('readme-example.mjs', blockOf('js'), async (file) => {
      const { printed, status } = start(file, device.path);
      assert.is(String(await device.receive(4)), 'ID\r\n');
      device.send('THERMOMETER 1\r\n');
      assert.is(await printed, blockOf('text'));
      assert.is(await status, 0);
    });
  }),
);

test(
  'serialport-binding:program.2 a program ends by itself while it has a port open that it does not read',
  scoped(async (scope) => {
    const device = new Device(scope);
    const program = `
      const { LinuxBinding } = require('pollux-serialport-binding');
      LinuxBinding.open({ path: process.argv[2], baudRate: 9600 }).then((port) => console.log(port.isOpen));
    `;
    await withFile('idle-port.cjs', program, async (file) => {
      const { printed, status } = start(file, device.path);
      assert.equal([await printed, await status], ['true\n', 0]);
    });
  }),
);

test(
  'serialport-binding:program.3 a worker reads and writes a port of its own',
  scoped(async (scope) => {
    const device = new Device(scope);
    const program = `
      const { workerData } = require('node:worker_threads');
      const { LinuxBinding } = require(workerData.module);
      (async () => {
        const port = await LinuxBinding.open({ path: workerData.path, baudRate: 9600 });
        await port.write(Buffer.from('ready'));
        const buffer = Buffer.alloc(5);
        for (let at = 0; at < 5; ) at += (await port.read(buffer, at, 5 - at)).bytesRead;
        await port.write(buffer);
        await port.close();
      })();
    `;
    const module = require.resolve('pollux-serialport-binding');
    const worker = new Worker(program, { eval: true, workerData: { module, path: device.path } });
    const ended = once(worker, 'exit');
    assert.is(String(await device.receive(5)), 'ready');
    device.send('hello');
    assert.is(String(await device.receive(5)), 'hello');
    assert.equal(await ended, [0]);
    await device.open();
  }),
);

test(
  'serialport-binding:program.4 the port of a worker that is terminated is closed, and free to be locked',
  scoped(async (scope) => {
    const device = new Device(scope);
    const program = `
      const { workerData, parentPort } = require('node:worker_threads');
      const { LinuxBinding } = require(workerData.module);
      LinuxBinding.open({ path: workerData.path, baudRate: 9600 }).then((port) => {
        port.read(Buffer.alloc(1), 0, 1);
        parentPort.postMessage('open');
      });
    `;
    const module = require.resolve('pollux-serialport-binding');
    const worker = new Worker(program, { eval: true, workerData: { module, path: device.path } });
    await once(worker, 'message');
    assert.is((await rejection(device.open())).code, 'EAGAIN');
    await worker.terminate();
    await until(() =>
      device.open().then(
        () => true,
        () => false,
      ),
    );
  }),
);

/** Some runtimes end a thread after terminate() has resolved. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
