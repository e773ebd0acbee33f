import { Epoll } from 'pollux-epoll';
import * as assert from 'uvu/assert';
import type { Scope } from '../../../../test/support/scope.js';

type Call = [error: Error | null, fd: number, events: number];

/** An instance of Epoll that keeps what its callback is told. */
export class Recorder {
  readonly epoll: Epoll;
  #calls: Call[] = [];

  constructor(scope: Scope) {
    this.epoll = new Epoll((...call) => this.#calls.push(call));
    scope.atEnd(() => {
      if (!this.epoll.closed) this.epoll.close();
    });
  }

  /** The calls so far, which are forgotten. */
  take(): Call[] {
    return this.#calls.splice(0);
  }

  /** Waits until there were `count` calls. */
  async until(count: number): Promise<void> {
    while (this.#calls.length < count) await turn();
  }

  /** The events of the calls that come when something is ready; all are the same. */
  async events(): Promise<number> {
    await this.until(1);
    const [[, , events]] = this.take() as [Call];
    return events;
  }

  /** Nothing is called in some turns of the event loop. */
  async expectNone(): Promise<void> {
    this.take();
    for (let turns = 0; turns < 20; turns++) await turn();
    assert.equal(this.take(), []);
  }
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));
