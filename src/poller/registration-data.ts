/**
 * The data that this thread gave to registrations, by descriptor. An entry counts for one
 * generation only: another thread may have ended the registration and made a new one.
 *
 * A registration without data costs nothing here.
 */
export class RegistrationData<Data> {
  readonly #data: Array<Data | undefined> = [];
  readonly #generations: number[] = [];

  set(fd: number, generation: number, data: Data): void {
    this.#data[fd] = data;
    this.#generations[fd] = generation;
  }

  get(fd: number, generation: number): Data | undefined {
    const data = this.#data[fd];
    return data !== undefined && this.#generations[fd] === generation ? data : undefined;
  }

  delete(fd: number): void {
    if (this.#data[fd] !== undefined) this.#data[fd] = undefined;
  }

  clear(): void {
    this.#data.length = 0;
    this.#generations.length = 0;
  }
}
