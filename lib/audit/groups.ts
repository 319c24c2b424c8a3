/** What belongs together, by positions: union-find. */
export class Groups {
  readonly #parent: Uint32Array;

  constructor(size: number) {
    this.#parent = Uint32Array.from({ length: size }, (_, i) => i);
  }

  joined(a: number, b: number): boolean {
    return this.#root(a) === this.#root(b);
  }

  join(a: number, b: number): void {
    const [x, y] = [this.#root(a), this.#root(b)];
    this.#parent[Math.max(x, y)] = Math.min(x, y);
  }

  /** Groups of two and more, members ascending. */
  members(): number[][] {
    const groups = new Map<number, number[]>();
    for (let at = 0; at < this.#parent.length; at++) {
      const root = this.#root(at);
      // A root is the least of its group, and comes before the others.
      if (root === at) continue;
      const members = groups.get(root) ?? [root];
      groups.set(root, members);
      members.push(at);
    }
    return [...groups.values()];
  }

  #root(at: number): number {
    let root = at;
    for (let up = this.#parent[root] ?? root; up !== root; up = this.#parent[root] ?? root) root = up;
    this.#parent[at] = root;
    return root;
  }
}
