/** A promise that was broken. `rule` names the promise: shrinking keeps to findings of the same rule. */
export class Finding extends Error {
  readonly rule: string;

  constructor(rule: string, detail: string) {
    super(`${rule}: ${detail}`);
    this.name = 'Finding';
    this.rule = rule;
  }
}

/** The code of a thrown error, or what else was thrown. */
export function codeOf(thrown: unknown): string {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : String(thrown);
}
