export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
/** What XML 1.0 allows in a document. */
const CHARACTERS = /^(?:[\t\n\r\u0020-\ud7ff\ue000-\ufffd]|[\u{10000}-\u{10ffff}])*$/u;
const TOKEN = /<\/(\w+)>|<(\w+)((?: [\w:-]+="[^"<]*")*)(\/?)>|([^<]+)/gy;

/** The root of a document of elements, attributes and text; throws where it is not well-formed. */
export function parseXml(document: string): Element {
  if (!CHARACTERS.test(document)) throw new Error('a character that XML does not have');
  const declaration = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n/.exec(document)?.[0] ?? '';
  type Open = Omit<Element, 'children' | 'text'> & { children: Element[]; text: string };
  const root: Open = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  TOKEN.lastIndex = declaration.length;
  let end = TOKEN.lastIndex;
  for (let token = TOKEN.exec(document); token !== null; token = TOKEN.exec(document)) {
    const [, closed, opened, attributes = '', isEmpty, text] = token;
    const top = open.at(-1)!;
    if (text !== undefined) top.text += unescaped(text);
    else if (opened !== undefined) {
      const element: Open = { name: opened, attributes: attributesIn(attributes), children: [], text: '' };
      top.children.push(element);
      if (isEmpty === '') open.push(element);
    } else if (closed === top.name) open.pop();
    else throw new Error(`</${closed}> closes <${top.name}>`);
    end = TOKEN.lastIndex;
  }
  if (end !== document.length) throw new Error(`not understood: ${document.slice(end, end + 40)}`);
  if (open.length !== 1 || root.children.length !== 1 || root.text.trim() !== '') throw new Error('not one root');
  return root.children[0]!;
}

function attributesIn(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/ ([\w:-]+)="([^"]*)"/g)].map(
    ([, name, value]) => [name!, unescaped(value!)] as const,
  );
  if (new Set(pairs.map(([name]) => name)).size !== pairs.length) throw new Error(`an attribute twice: ${text}`);
  return Object.fromEntries(pairs);
}

function unescaped(text: string): string {
  return text.replace(/&([^;]*;?)/g, (all, reference: string) => {
    const name = reference.slice(0, -1);
    const character = /^#\d+;$/.test(reference) ? String.fromCodePoint(Number(name.slice(1))) : ENTITIES[name];
    if (character === undefined || !reference.endsWith(';')) throw new Error(`no entity: ${all}`);
    return character;
  });
}
