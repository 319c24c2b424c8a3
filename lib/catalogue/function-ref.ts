/**
 * A `!function module.name` of a task's YAML: a Python function, kept by name. `folder` is the folder of the file that
 * holds the tag, relative to its root: an included template's functions belong to the template's folder
 * (`import_function`; CATALOGUE-2).
 */
export class FunctionRef {
  readonly folder: string;
  readonly module: string;
  readonly name: string;
  constructor(folder: string, module: string, name: string) {
    this.folder = folder;
    this.module = module;
    this.name = name;
  }

  /** The name under which a hook is looked up: `<folder>/<module>.<name>`. */
  get hook(): string {
    const prefix = this.folder === '' ? '' : `${this.folder}/`;
    return `${prefix}${this.module}.${this.name}`;
  }
}
