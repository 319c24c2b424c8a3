import { accessSync, constants } from 'node:fs';
import { PermanentError } from '../errors/errors.ts';
import { keepSecret } from '../log/secrets.ts';

/** A database's address, in its parts; none of them is decoded. */
export interface Address {
  readonly scheme: string;
  readonly hosts: readonly string[];
  readonly database: string;
  /** The options behind `?`, in order. */
  readonly options: readonly (readonly [name: string, value: string])[];
}

/** What one kind of address looks like. */
export interface AddressKind {
  readonly variable: string;
  readonly schemes: readonly string[];
  readonly example: string;
}

/** Takes nothing where it is not escaped: half of a password must not end up as a host, a database or an option. */
const PARTS = /^([a-z+]+):\/\/(?:([^:@/?#]*)(?::([^:@/?#]*))?@)?([^@/?#]*)(?:\/([^@/?#]*))?(?:\?([^@#?]*))?$/i;
const HOST = /^(?:[\p{L}\p{N}._-]+|\[[0-9a-f:.]+\])?(?::\d{1,5})?$/iu;
const ESCAPES = 'In user and password write % as %25, / as %2F, @ as %40, : as %3A, # as %23, ? as %3F.';

/**
 * Takes an address apart before any library sees it, and keeps its password out of all that is written from then on. No part of
 * a wrong address is shown, as it may be one of the password.
 * @throws PermanentError Configuration naming the variable, and what to write.
 */
export function readAddress(text: string, kind: AddressKind): Address {
  hidePassword(text);
  const [, scheme = '', user, password, hosts = '', database = '', query = ''] = PARTS.exec(text) ?? [];
  const example = `It looks like ${kind.example}`;
  if (!kind.schemes.includes(scheme.toLowerCase())) {
    const shape = /^[a-z+]+:\/\//i.test(text) && kind.schemes.some((one) => text.startsWith(`${one}:`));
    throw refusal(kind.variable, shape ? `can't be read. ${ESCAPES} ${example}` : `is no such address. ${example}`);
  }
  for (const part of [user, password, database]) checkEscapes(part, kind.variable);
  if (!hosts.split(',').every((host) => HOST.test(host))) {
    throw refusal(kind.variable, `names no host that could be one. ${ESCAPES} ${example}`);
  }
  const options = query.split('&').flatMap((pair): [string, string][] => {
    const [name = '', ...value] = pair.split('=');
    if (pair === '') return [];
    if (!/^[\w.]{1,64}$/.test(name)) throw refusal(kind.variable, `has an option without a name. ${ESCAPES}`);
    checkEscapes(value.join('='), kind.variable);
    return [[name, decodeURIComponent(value.join('='))]];
  });
  return { scheme: scheme.toLowerCase(), hosts: hosts.split(','), database, options };
}

/** The error for a setting that is not right. Never put a value into `what`. */
export function refusal(variable: string, what: string): PermanentError {
  return new PermanentError('Configuration', `${variable} ${what}`, { context: { variable } });
}

/** @throws PermanentError Configuration: the file that the option names can't be read. */
export function checkFile(variable: string, option: string, path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch {
    throw refusal(variable, `names a file in ${option} that can't be read: ${path}.`);
  }
}

/** The password is what stands between the first colon and the last @, escaped or not. */
function hidePassword(text: string): void {
  const start = text.indexOf('://') + 3;
  const end = text.lastIndexOf('@');
  const colon = text.indexOf(':', start);
  if (start < 3 || colon < 0 || colon > end) return;
  keepSecret(text.slice(colon + 1, end), [text.slice(start, colon)]);
}

function checkEscapes(part: string | undefined, variable: string): void {
  try {
    decodeURIComponent(part ?? '');
  } catch {
    throw refusal(variable, `has a % that escapes no character. ${ESCAPES}`);
  }
}
