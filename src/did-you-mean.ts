/** Longer words are not compared: they are not misspelt names, and comparing them would take long. */
const LONGEST_WORD = 64;

/** `. Did you mean "close"?` with the word of `known` that is most like `word`, or `''` where none is like it. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const closest = closestTo(word, known);
  return closest === undefined ? '' : `. Did you mean "${closest}"?`;
}

/** The word of `known` that is most like `word`: up to a third of the letters may differ, or the end may be missing. */
export function closestTo(word: string, known: Iterable<string>): string | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  const wanted = word.toLowerCase();
  let closest: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  let completed: string | undefined;
  for (const candidate of known) {
    const name = candidate.toLowerCase();
    const distance = editsBetween(wanted, name);
    if (distance < least && distance < name.length) {
      closest = candidate;
      least = distance;
    }
    if (wanted.length >= 3 && name.startsWith(wanted)) completed ??= candidate;
  }
  return closest ?? completed;
}

/** How many letters have to be added, removed, replaced, or swapped with a neighbour to turn `a` into `b`. */
function editsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = last[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let edits = Math.min(last[column]! + 1, current[column - 1]! + 1, replaced);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        edits = Math.min(edits, beforeLast[column - 2]! + 1);
      }
      current.push(edits);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}
