import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** Entries of a listing come in pages of this many. */
const PAGE = 2;

/** A file of a repository; those in large file storage (the default) are fetched from another host. */
export interface SmallFile {
  readonly bytes: Uint8Array;
  readonly plain?: boolean;
  /** What the hub says its SHA-256 is, where that is not the truth. */
  readonly claimed?: string;
}

/** A commit of a repository: its files by path, and its card's metadata. */
export interface SmallCommit {
  readonly files: Readonly<Record<string, SmallFile | Uint8Array>>;
  readonly card?: unknown;
}

/** A repository of a data set. */
export interface SmallRepo {
  /** Branches, tags and hashes. */
  readonly revisions: Readonly<Record<string, SmallCommit>>;
  /** Only who has this token may read it. */
  readonly token?: string;
  /** Has to be asked for: the token's owner has not been let in yet. */
  readonly gated?: boolean;
  /** The repository was renamed to this. */
  readonly movedTo?: string;
}

/** A request that came in. */
export interface Seen {
  readonly host: 'hub' | 'cdn' | 'server';
  readonly path: string;
  readonly range: string | undefined;
  readonly token: string | undefined;
}

/** What goes wrong with the next requests whose path matches. */
export interface Fault {
  readonly path: RegExp;
  times: number;
  /** Answers with this status; else the body is cut off after so many bytes. */
  readonly status?: number;
  readonly retryAfter?: string;
  readonly cutAfter?: number;
}

/** A hub of our own on the loopback address: the part of the Hugging Face hub's HTTP API that holds data sets. */
export class SmallHub {
  readonly repos: Record<string, SmallRepo> = {};
  /** Splits as the data set server tells them, by `repo/config`. */
  readonly splits: Record<string, string[]> = {};
  readonly seen: Seen[] = [];
  readonly faults: Fault[] = [];
  readonly #hub = createServer((request, response) => this.#answer('hub', request, response));
  readonly #cdn = createServer((request, response) => this.#answer('cdn', request, response));
  readonly #blobs = new Map<string, Uint8Array>();

  async start(): Promise<void> {
    for (const server of [this.#hub, this.#cdn]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    }
  }

  stop(): void {
    for (const server of [this.#hub, this.#cdn]) {
      server.close();
      server.closeAllConnections();
    }
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.#hub)}`;
  }

  /** The hash under which a revision is known: its own name where it is one. */
  shaOf(repo: string, revision: string): string {
    return /^[0-9a-f]{40}$/.test(revision) ? revision : createHash('sha1').update(`${repo} ${revision}`).digest('hex');
  }

  /** Paths of the downloads so far, with their ranges. */
  get downloads(): string[] {
    return this.seen.filter(({ host }) => host === 'cdn').map(({ path, range }) => `${path} ${range ?? ''}`.trim());
  }

  #answer(host: 'hub' | 'cdn', request: IncomingMessage, response: ServerResponse): ServerResponse {
    const url = new URL(request.url ?? '', 'http://hub');
    const path = url.pathname;
    const token = request.headers.authorization?.replace('Bearer ', '');
    this.seen.push({ host: path === '/info' ? 'server' : host, path, range: request.headers.range, token });
    const fault = this.faults.find((entry) => entry.times > 0 && entry.path.test(path));
    if (fault) fault.times--;
    if (fault?.status !== undefined) {
      response.writeHead(fault.status, fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter });
      return response.end('in trouble');
    }
    if (host === 'cdn') return this.#send(request, response, this.#blobs.get(path.slice(1)) ?? new Uint8Array(), fault);
    if (path === '/info') return this.#info(url, response);
    const match = /^\/(api\/)?datasets\/(.+?)\/(revision|tree|resolve)\/([^/]+)(?:\/(.+))?$/.exec(path);
    const [, api = '', name = '', what, revision = '', rest = ''] = match ?? [];
    const repo = this.repos[name];
    if (repo?.movedTo !== undefined) {
      response.writeHead(307, {
        location: `/${api}datasets/${repo.movedTo}/${what}/${revision}${rest && `/${rest}`}${url.search}`,
      });
      return response.end();
    }
    if (!repo || (repo.token !== undefined && token !== repo.token)) {
      // Who may not read a repository does not learn whether there is one.
      return refuse(response, token === undefined ? 401 : 404, 'Repository not found');
    }
    if (repo.gated) return refuse(response, 403, 'Access to this dataset is restricted');
    const sha = this.#resolve(name, repo, decodeURIComponent(revision));
    if (sha === undefined) return refuse(response, 404, `Invalid rev id: ${revision}`);
    const commit = Object.entries(repo.revisions).find(([key]) => this.shaOf(name, key) === sha)?.[1];
    if (what === 'revision') return json(response, { _id: 'x', id: name, sha, cardData: commit?.card });
    if (what === 'tree') return this.#tree(url, response, commit, decodeURIComponent(rest));
    return this.#file(request, response, sha, commit?.files[decodeURIComponent(rest)], fault);
  }

  #resolve(name: string, repo: SmallRepo, revision: string): string | undefined {
    return Object.keys(repo.revisions)
      .map((key) => [key, this.shaOf(name, key)])
      .find((keys) => keys.includes(revision))?.[1];
  }

  #tree(url: URL, response: ServerResponse, commit: SmallCommit | undefined, folder: string): ServerResponse {
    const entries = Object.entries(commit?.files ?? {})
      .filter(([path]) => folder === '' || path.startsWith(`${folder}/`))
      .map(([path, file]) => entryOf(path, toFile(file)));
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const next = new URL(url);
    next.searchParams.set('cursor', String(from + PAGE));
    const more =
      from + PAGE < entries.length ? { link: `<${this.url}${next.pathname}${next.search}>; rel="next"` } : {};
    return json(
      response,
      [{ type: 'directory', path: 'somewhere', size: 0, oid: '' }, ...entries.slice(from, from + PAGE)],
      more,
    );
  }

  #file(
    request: IncomingMessage,
    response: ServerResponse,
    sha: string,
    found: SmallFile | Uint8Array | undefined,
    fault: Fault | undefined,
  ): ServerResponse {
    if (found === undefined) return refuse(response, 404, 'Entry not found', { 'x-error-code': 'EntryNotFound' });
    const file = toFile(found);
    response.setHeader('x-repo-commit', sha);
    if (file.plain) return this.#send(request, response, file.bytes, fault);
    const oid = sha256Of(file);
    this.#blobs.set(oid, file.bytes);
    response.writeHead(302, {
      location: `http://localhost:${portOf(this.#cdn)}/${oid}`,
      'x-linked-size': file.bytes.length,
      'x-linked-etag': `"${oid}"`,
    });
    return response.end();
  }

  #send(
    request: IncomingMessage,
    response: ServerResponse,
    bytes: Uint8Array,
    fault: Fault | undefined,
  ): ServerResponse {
    const [, from = '', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const start = Number(from);
    const end = to === '' ? bytes.length : Math.min(bytes.length, Number(to) + 1);
    const part = bytes.subarray(start, end);
    const headers = { 'content-length': part.length, etag: '"e"', 'accept-ranges': 'bytes' };
    if (from === '') response.writeHead(200, headers);
    else response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` });
    if (fault?.cutAfter === undefined || part.length <= fault.cutAfter) return response.end(part);
    response.write(part.subarray(0, fault.cutAfter), () => setImmediate(() => response.destroy()));
    return response;
  }

  #info(url: URL, response: ServerResponse): ServerResponse {
    const splits = this.splits[`${url.searchParams.get('dataset')}/${url.searchParams.get('config')}`];
    if (!splits) return refuse(response, 404, 'The dataset is not ready');
    return json(response, { dataset_info: { splits: Object.fromEntries(splits.map((name) => [name, { name }])) } });
  }
}

function entryOf(path: string, file: SmallFile) {
  const size = file.bytes.length;
  const oid = createHash('sha1').update(`blob ${size}\0`).update(file.bytes).digest('hex');
  if (file.plain) return { type: 'file', path, size, oid };
  return { type: 'file', path, size, oid: 'f'.repeat(40), lfs: { oid: sha256Of(file), size, pointerSize: 130 } };
}

function sha256Of({ bytes, claimed }: SmallFile): string {
  return claimed ?? createHash('sha256').update(bytes).digest('hex');
}

function toFile(file: SmallFile | Uint8Array): SmallFile {
  return file instanceof Uint8Array ? { bytes: file } : file;
}

function json(response: ServerResponse, value: unknown, headers: Record<string, string> = {}): ServerResponse {
  response.writeHead(200, { 'content-type': 'application/json', ...headers });
  return response.end(JSON.stringify(value));
}

function refuse(
  response: ServerResponse,
  status: number,
  error: string,
  headers: Record<string, string> = {},
): ServerResponse {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  return response.end(JSON.stringify({ error }));
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the small hub is not listening');
  return address.port;
}
