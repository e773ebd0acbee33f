'use strict';
let givenModules;
let givenFolder;

/** Never called: tools that collect the files of a program find the folder of the binaries here. */
function binaries() {
  require('path').join(__dirname, '../prebuilds');
}

/**
 * What this file has around it. Where a bundler has made the file a part of an ES module there is no `require` and no
 * `__dirname`; package.mjs then gives what stands for them.
 */
const surroundings = {
  /** dist/, or the folder of the bundle. */
  get folder() {
    if (typeof __dirname === 'string') return __dirname;
    if (givenFolder !== undefined) return givenFolder();
    return this.builtin('node:path', () => require('node:path')).dirname(process.argv[1] || '.');
  },

  /** The module `name` of the runtime; `load` requires it. */
  builtin(name, load) {
    if (givenModules !== undefined) return givenModules[name];
    try {
      return load();
    } catch (error) {
      if (process.getBuiltinModule === undefined) throw error;
      return process.getBuiltinModule(name);
    }
  },

  replace(modules, folder) {
    givenModules = modules;
    givenFolder = folder;
  },
};
