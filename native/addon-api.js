// Prints the folder of node-addon-api's headers; nothing where it is not installed, as below somebody's
// node_modules: the entry point then is in C.
try {
  console.log(require('node-addon-api').include_dir);
} catch {
  // Not installed.
}
