import type { AuditFinding } from '../audit-types.js';

export function messageOf({ fd, kind, seen }: AuditFinding): string {
  return `fd ${fd} (${kind}): ${seen}`;
}

/** What to do, and where the descriptor was registered. */
export function detailOf({ cure, registeredAt, interest }: AuditFinding): string {
  const where = registeredAt.map((line) => `\n    at ${line}`).join('');
  return `${cure}${where === '' ? '' : `\nRegistered with ${interest}:${where}`}`;
}

/** One finding, for people. */
export function findingLine(finding: AuditFinding): string {
  return `${finding.code} ${messageOf(finding)}\n  ${detailOf(finding).replaceAll('\n', '\n  ')}`;
}

/** How much was found. */
export function summaryOf(list: readonly AuditFinding[]): string {
  if (list.length === 0) return 'pollux audit: nothing was found';
  return `pollux audit: ${list.length} ${list.length === 1 ? 'finding' : 'findings'}`;
}

/** All findings, one a line, with the place of the registration. */
export function tableOf(list: readonly AuditFinding[]): string {
  const rows = list.map(({ code, fd, kind, registeredAt }) => [code, `fd ${fd}`, kind, registeredAt[0] ?? '']);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  );
  return [summaryOf(list), ...lines].join('\n');
}
