import { readFileSync } from 'node:fs';
import { type ConnectionOptions, checkServerIdentity, rootCertificates } from 'node:tls';

/** What the client does about TLS: its own options, or one of the modes that it knows by itself. */
export interface PostgresTls {
  /** The address without what is said here. */
  readonly uri: string;
  readonly ssl: ConnectionOptions | 'require' | 'prefer' | false;
}

const OWN = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'];

/**
 * Reads `sslmode`, `sslrootcert`, `sslcert` and `sslkey` as libpq means them; the client knows no files. `require` encrypts without
 * asking whom it speaks with, `verify-ca` asks for a certificate of the authority, `verify-full` for the host's name in it as well.
 * Undefined where the address says nothing of TLS, so that PGSSLMODE and the like count.
 */
export function tlsOf(uri: string): PostgresTls | undefined {
  const [address = '', query = ''] = uri.split('?');
  const options = new URLSearchParams(query);
  const [mode, ca, cert, key] = OWN.map((name) => options.get(name) ?? undefined);
  if (mode === undefined && ca === undefined) return undefined;
  for (const name of OWN) options.delete(name);
  const rest = options.size > 0 ? `?${options}` : '';
  const own = {
    ...(cert === undefined ? {} : { cert: readFileSync(cert) }),
    ...(key === undefined ? {} : { key: readFileSync(key) }),
  };
  return { uri: `${address}${rest}`, ssl: sslOf(mode, ca, hostOf(address), own) };
}

function sslOf(
  mode: string | undefined,
  ca: string | undefined,
  host: string,
  own: ConnectionOptions,
): PostgresTls['ssl'] {
  if (mode === 'disable') return false;
  if (mode === 'allow' || mode === 'prefer') return 'prefer';
  if (mode === 'require' && ca === undefined) return { ...own, rejectUnauthorized: false };
  const authority = ca === undefined || ca === 'system' ? [...rootCertificates] : readFileSync(ca);
  // Not by the socket's name, which it has none of where the host is a number.
  const named: typeof checkServerIdentity = (_name, certificate) => checkServerIdentity(host, certificate);
  const full = mode === 'verify-full' || ca === 'system';
  return { ...own, ca: authority, rejectUnauthorized: true, checkServerIdentity: full ? named : () => undefined };
}

/** The first host, without its port and brackets. */
function hostOf(address: string): string {
  const [first = ''] = address
    .slice(address.lastIndexOf('@') + 1)
    .replace(/^[a-z]+:\/\//, '')
    .split(/[,/]/);
  return first.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}
