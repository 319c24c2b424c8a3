'use strict';
/**
 * Says, whenever functions are packaged, where boxes of the function `sandbox` will have to compile Python for themselves, and functions
 * their bundles: what V8 made of them counts for one kind of processor (docs/sandbox.md, "Compiled code"; deploy/compile-bundles.cjs). The
 * framework loads plugins with `require`, hence CommonJS.
 */
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { architectureNamed, architectureOf, processorOf } = require('./architecture.cjs');

/** Bytes of the head of the code, a line of JSON (lib/sandbox/child/python-code.ts). */
const HEAD_BYTES = 256;

class CompiledCode {
  constructor(serverless, _options, { log }) {
    this.hooks = {
      'after:package:finalize': () => {
        const warning = warningOf(serverless.serviceDir, architectureOf(serverless.service, 'sandbox'));
        if (warning !== null) log.warning(warning);
        const slower = slowerStarts(architectureOf(serverless.service));
        if (slower !== null) log.warning(slower);
      },
    };
  }
}

/** What to say of the image below `root` for functions of that architecture; null where boxes can take its code. */
function warningOf(root, architecture) {
  const box = join(root, '.build', 'box');
  if (!existsSync(join(box, 'image.json')))
    return 'The function sandbox has no image of boxes: no task with Python functions can be registered. Make it with: npm run build';
  const made = madeOn(join(box, 'python.cache'));
  if (made === processorOf(architecture)) return null;
  const slower = 'boxes are slow at first, as each compiles Python for itself (answers are the same)';
  return made === null
    ? `The image of boxes holds no compiled code of Python: ${slower}. Read what "npm run build" says when it makes the image; to make it anew: rm -r .build && npm run build`
    : `The image of boxes was made on ${made}, and the functions run on ${architecture}: ${slower}. Build on a machine of that kind (for example a runner of your CI, or a container with --platform linux/${architecture === 'x86_64' ? 'amd64' : architecture}), or set "architecture" in serverless.yml to ${architectureNamed(made)}. More: docs/operations.md, "The processor".`;
}

/** What to say of bundles that are packaged on `processor`; null where their code goes with them (deploy/compile-bundles.cjs). */
function slowerStarts(architecture, processor = process.arch) {
  if (processorOf(architecture) === processor) return null;
  return `The functions are packaged on ${processor} for ${architecture}, without compiled code: an instance takes twice as long to load its function. More: docs/operations.md, "The processor".`;
}

/** The processor that the code was made for; null where there is none that can be read. */
function madeOn(file) {
  try {
    return String(JSON.parse(readFileSync(file).toString('latin1', 0, HEAD_BYTES)).processor);
  } catch {
    return null;
  }
}

module.exports = Object.assign(CompiledCode, { warningOf, slowerStarts });
