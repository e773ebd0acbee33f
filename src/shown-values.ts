// Taken when the package is loaded: a program may replace what the prototypes have. Objects that a program passes may
// answer any question with an error of their own.
const toText = String;
const slice: (text: string, start: number, end?: number) => string = Function.prototype.call.bind(
  String.prototype.slice,
);

/** `value` as an error message shows what it received. Never throws. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `type string ('${value.length > 25 ? `${slice(value, 0, 25)}…` : value}')`;
  if (typeof value === 'function') return `function ${nameOf(value)}`;
  if (typeof value === 'object' && value !== null)
    return `an instance of ${nameOf(constructorOf(value)) || 'Object'}${ofAnotherCopy(value)}`;
  return value === undefined || value === null ? toText(value) : `type ${typeof value} (${toText(value)})`;
}

/**
 * The name of a property of the objects of this package: its value is the file of the addon, which tells the copies of
 * the package apart. An object of another copy is refused, although it looks the same.
 */
export const COPY: unique symbol = Symbol.for('pollux.copy');

function ofAnotherCopy(value: object): string {
  const copy = read(value, COPY);
  return typeof copy === 'string' ? ` of another copy of pollux, whose addon is ${copy}: install pollux once` : '';
}

function constructorOf(value: object): unknown {
  return read(value, 'constructor');
}

function nameOf(value: unknown): string {
  const name = read(value, 'name');
  return typeof name === 'string' ? name : '';
}

/** The property of `value`; undefined where `value` has no properties or throws. */
function read(value: unknown, property: PropertyKey): unknown {
  try {
    return (value as Record<PropertyKey, unknown>)[property];
  } catch {
    return undefined;
  }
}

/** The name of the method by which `util.inspect()` and console.log() show an object. */
export const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom');

/** `util.inspect()`, as it passes itself to the method `INSPECT`. */
export type InspectFunction = (value: unknown, options?: object) => string;

/** What `util.inspect()` shows of an object of the class `name`: `fields`. */
export function shownAs(
  name: string,
  fields: object,
  depth: number,
  options: object,
  inspect: InspectFunction,
): string {
  return depth < 0 ? `[${name}]` : `${name} ${inspect(fields, options)}`;
}
