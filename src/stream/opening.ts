import type { DescriptorTraits } from './descriptor-traits.js';

/** The option of a stream whose descriptor is made while the stream exists already. It has no name for users. */
export const OPENING: unique symbol = Symbol('opening');

/** What makes the descriptor: a connected stream socket. */
export interface Opening {
  /**
   * Begins. Later, and not within this call, one of the functions is called once, unless `cancel()` comes first.
   *
   * @param onOpen gets the descriptor, which belongs to the stream from then on.
   */
  begin(onOpen: (fd: number) => void, onFailure: (error: Error) => void): void;
  /** Gives up, and closes what is open. */
  cancel(): void;
  /** The addresses that were tried so far, as `127.0.0.1:80`; none where there was no choice. */
  attempted(): string[];
  /** Whether this keeps the process alive. */
  ref(on: boolean): void;
}

/** What a stream has that is to get its descriptor later. */
export interface WithOpening {
  readonly [OPENING]?: Opening;
}

/** The properties of the descriptor that will come. */
export const OPENING_TRAITS: DescriptorTraits = {
  kind: 'socket',
  readable: true,
  writable: true,
  keepsMessages: false,
  hasEmptyMessages: false,
  isDatagram: false,
  halfCloses: true,
  connecting: true,
};
