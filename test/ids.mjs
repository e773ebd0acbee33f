// The rule of ids: an id names one thing in the whole project. Clauses own the bare ids (`hangup.2`), checks in C++
// have the prefix `native:` or `kqueue-check:`, and other tests that of their folder (`reactor:idle.3`).

const BARE = /^[a-z][a-z-]*\.\d+$/;
const PREFIXED = /^([a-z-]+):[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$/;

/** Collects titles from everywhere, and says which break the rule. */
export class Ids {
  #owners = new Map();
  #titles = new Map();

  /** Takes the titles of one owner: a file of tests, which are rows of a matrix where they have one id. */
  complaints(owner, titles, prefix) {
    return titles.flatMap((title) => {
      const id = title.split(' ', 1)[0];
      const first = this.#owners.get(id) ?? owner;
      this.#owners.set(id, first);
      const twin = this.#titles.get(title);
      this.#titles.set(title, owner);
      return [
        formOf(id) === prefix ? undefined : `the id ${id} is not ${wanted(prefix)}: ${title}`,
        first === owner ? undefined : `the id ${id} is that of ${first}, too: ${title}`,
        twin === undefined ? undefined : `${twin} has the same title: ${title}`,
      ].filter((complaint) => complaint !== undefined);
    });
  }
}

/** The prefix of an id, '' for the bare ids of clauses; undefined for what is no id. */
function formOf(id) {
  return BARE.test(id) ? '' : PREFIXED.exec(id)?.[1];
}

function wanted(prefix) {
  return prefix === '' ? 'bare, as those of clauses are (hangup.2)' : `of the form ${prefix}:group.3, after its folder`;
}
