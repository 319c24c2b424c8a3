'use strict';
/** Kinds of processors: code that V8 has compiled counts for one. */

/** Lambda's names, as Node says them. */
const PROCESSORS = { x86_64: 'x64', arm64: 'arm64' };

/** Lambda's name for the processor that a function of the service runs on; of all that say nothing else. */
function architectureOf({ functions, provider }, name) {
  return functions[name]?.architecture ?? provider.architecture ?? 'x86_64';
}

/** Node's name of what Lambda calls so. */
function processorOf(architecture) {
  return PROCESSORS[architecture] ?? architecture;
}

/** Lambda's name of what Node calls so. */
function architectureNamed(processor) {
  return Object.keys(PROCESSORS).find((name) => PROCESSORS[name] === processor) ?? processor;
}

module.exports = { architectureNamed, architectureOf, processorOf };
