/**
 * A binding for serialport over pollux: what `@serialport/stream` and `serialport` open, read, write and configure a
 * port with. It has the interface, the defaults and the error texts of the Linux part of `@serialport/bindings-cpp`.
 */
export type * from '@serialport/bindings-interface';
export { BindingsError } from './errors.js';
export { autoDetect, type AutoDetectTypes, LinuxBinding, type LinuxBindingInterface } from './linux-binding.js';
export { LinuxPortBinding, type LinuxPortStatus, type LinuxSetOptions } from './linux-port-binding.js';
export type { LinuxOpenOptions, Parity } from './open-options.js';
