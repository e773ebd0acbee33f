export const CAUGHT_BY: Readonly<Record<string, readonly string[]>> = {};
export const UNCAUGHT: Readonly<Record<string, string>> = {};
