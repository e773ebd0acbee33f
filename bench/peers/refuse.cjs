// @ts-check
'use strict';

/** An error with a code. @param {ErrorConstructor} type @param {string} code @param {string} message */
exports.refuse = (type, code, message) => Object.assign(new type(message), { code });
