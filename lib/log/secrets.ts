/** The forms of secrets that must not be written, longest first. */
let forms: string[] = [];

/** Shorter ones occur everywhere by chance, and masking them would make the log unreadable. */
const MIN_SECRET_CHARS = 4;

/**
 * Makes {@link withoutSecrets} mask a secret, in each form in which a library may print it: as it is, escaped for an address
 * in any of the usual ways, for JSON, for a form, in base64 and hexadecimal. `others` are names that may be
 * written, such as the user's: a secret that equals one of them is none.
 */
export function keepSecret(secret: string, others: readonly string[] = []): void {
  if (secret.length < MIN_SECRET_CHARS || others.includes(secret)) return;
  const all = new Set([...forms, ...formsOf(secret)].filter((form) => form.length >= MIN_SECRET_CHARS));
  forms = [...all].sort((a, b) => b.length - a.length);
}

/** The text with every known secret masked. */
export function withoutSecrets(text: string): string {
  let masked = text;
  for (const form of forms) if (masked.includes(form)) masked = masked.replaceAll(form, '***');
  return masked;
}

/** All secrets as long as they are known, for tests. */
export function forgetSecrets(): void {
  forms = [];
}

function formsOf(secret: string): string[] {
  const plain = [...new Set([secret, decoded(secret)])];
  return plain.flatMap((text) => {
    if (!text.isWellFormed()) return [text];
    const component = encodeURIComponent(text);
    // As WHATWG addresses hold it, which leave more characters as they are.
    const inAddress = Object.assign(new URL('x://u@h'), { password: text }).password;
    const bytes = Buffer.from(text);
    return [
      text,
      component,
      component.toLowerCase(),
      new URLSearchParams({ _: text }).toString().slice(2),
      component.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`),
      encodeURI(text),
      inAddress,
      JSON.stringify(text).slice(1, -1),
      JSON.stringify(component).slice(1, -1),
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex'),
    ];
  });
}

/** What is meant where the secret stands escaped. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
