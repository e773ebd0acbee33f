/** A promise that was broken. `rule` names the promise: shrinking accepts only findings of the same rule. */
export class Finding extends Error {
  readonly rule: string;

  constructor(rule: string, detail: string) {
    super(`${rule}: ${detail}`);
    this.name = 'Finding';
    this.rule = rule;
  }
}

/** The code of a thrown error; for anything else, what was thrown. */
export function codeOf(thrown: unknown): string {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : String(thrown);
}
