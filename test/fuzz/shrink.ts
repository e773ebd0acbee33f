/**
 * A part of `steps`, in their order, that still fails: larger pieces are left out first, then smaller ones, until
 * no single step can be left out, or `mostTries` shorter sequences were run.
 */
export async function shrink<Step>(
  steps: readonly Step[],
  stillFails: (part: readonly Step[]) => boolean | Promise<boolean>,
  mostTries: number,
): Promise<Step[]> {
  let kept = [...steps];
  let tries = 0;
  for (let size = Math.ceil(kept.length / 2); size >= 1 && tries < mostTries; ) {
    let hasShrunk = false;
    for (let end = kept.length; end > 0 && tries < mostTries; end -= size) {
      const shorter = [...kept.slice(0, Math.max(0, end - size)), ...kept.slice(end)];
      tries++;
      if (!(await stillFails(shorter))) continue;
      kept = shorter;
      hasShrunk = true;
    }
    if (size > 1) size = Math.ceil(size / 2);
    else if (!hasShrunk) break;
  }
  return kept;
}
