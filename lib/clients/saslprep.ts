/**
 * How SCRAM-SHA-256 reads a password (RFC 4013): in place of the package `@mongodb-js/saslprep`, which MongoDB's driver brings and
 * which unpacks tables of all characters at each start (`alias` in serverless.yml). Printable ASCII stays as it is; only other passwords need the tables.
 */
export function saslprep(password: string): string {
  if (PRINTABLE_ASCII.test(password)) return password;
  // By its path, which the alias does not lead here again; read when it is asked for, and not before.
  const whole: typeof import('@mongodb-js/saslprep') = require('../../node_modules/@mongodb-js/saslprep/dist/node.js');
  return whole.saslprep(password);
}

const PRINTABLE_ASCII = /^[ -~]*$/;
