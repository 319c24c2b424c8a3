import { setFlagsFromString } from 'node:v8';
import vm from 'node:vm';

/**
 * The code that Node brings of its own modules, compiled already, counts for V8's own flags only: under a box's it would compile them
 * anew, which took as long as Node itself. What the flag says of this realm was settled when it was made, and `requireNoCodeFromText`
 * looks whether it holds. Imported before all else.
 */
setFlagsFromString('--no-disallow-code-generation-from-strings');

/** To be called once Node's modules and the watcher are there: from then on new realms are made under the flag again. */
export function endQuickLoad(): void {
  setFlagsFromString('--disallow-code-generation-from-strings');
}

/** @throws Error where text could be run as code in this realm, or name inner functions of V8 in any */
export function requireNoCodeFromText(): void {
  // Neither is run: whether it is taken for code is all that counts.
  const roads = [() => new Function('return 0'), () => new vm.Script('%SerializeWasmModule(0)')];
  if (roads.some(isOpen)) throw new Error('text could be run as code');
}

function isOpen(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
