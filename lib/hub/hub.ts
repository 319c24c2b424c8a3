import { datasetInfo, downloadFile, HUB_URL, HubApiError, listFiles } from '@huggingface/hub';
import * as z from 'zod';
import { PermanentError, type SamplerError, TransientError } from '../errors/errors.ts';
import { PATIENCE, type Patience, patientFetch } from './hub-fetch.ts';

/** Which hub, and as whom. */
export interface HubOptions {
  /** Without `/` at its end; the Hugging Face hub where not given. */
  readonly url?: string | undefined;
  /** The server that knows the splits of converted data sets; that of the Hugging Face hub where `url` is not given. */
  readonly serverUrl?: string | undefined;
  readonly token?: string | undefined;
  readonly patience?: Patience | undefined;
}

/** A data set's repository at one commit. */
export interface HubCommit {
  readonly repo: string;
  /** 40 hexadecimal digits: all that is read of it afterwards is of this commit. */
  readonly sha: string;
  /** The metadata of its card, as JSON; undefined where it has none. */
  readonly card: unknown;
}

/** A file of a repository. */
export interface HubFile {
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /** SHA-256 of its content, for files in large file storage; others have only git's hash. */
  readonly sha256: string | undefined;
  /** Git's SHA-1 of the object that stands in the tree. */
  readonly oid: string;
}

/** `name` is the repository's own, where it was renamed since. */
const infoSchema = z.object({
  name: z.string(),
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  cardData: z.unknown().optional(),
});
const splitsSchema = z.object({ dataset_info: z.object({ splits: z.record(z.string(), z.unknown()) }) });

const TRY_AGAIN =
  'Try again: what is staged stays. Without the hub: --from DIR takes a folder, --hub-url (HF_ENDPOINT) another hub.';

/** The hub gives no answer, or an error of its own: the stack has no part in it. */
export class HubAwayError extends TransientError {}

/** The parts of a hub that hold data sets. All throw PermanentError DatasetMissing, or TransientError Unavailable. */
export class Hub {
  readonly url: string;
  readonly #serverUrl: string | undefined;
  readonly #fetch: typeof fetch;
  readonly #commits = new Map<string, Promise<HubCommit | null>>();
  readonly #files = new Map<string, Promise<HubFile[]>>();
  readonly #token: { accessToken: string } | Record<never, never>;

  /** @throws PermanentError Configuration for a token that can't be one */
  constructor({ url, serverUrl, token, patience = PATIENCE }: HubOptions = {}) {
    this.url = (url ?? HUB_URL).replace(/\/+$/, '');
    this.#serverUrl = serverUrl?.replace(/\/+$/, '') ?? (this.url === HUB_URL ? serverOf(HUB_URL) : undefined);
    this.#fetch = patientFetch(patience);
    if (token !== undefined && !token.startsWith('hf_')) {
      throw new PermanentError('Configuration', 'The token of the hub (HF_TOKEN or --token) must begin with hf_.');
    }
    this.#token = token === undefined ? {} : { accessToken: token };
  }

  /** The commit that a branch, tag or hash means now; null where the repository has no such revision. Asked for once. */
  commit(repo: string, revision: string): Promise<HubCommit | null> {
    return once(this.#commits, JSON.stringify([repo, revision]), () => this.#commit(repo, revision));
  }

  /** All files of a commit. Asked for once: many configurations may lie in one repository. */
  files(commit: HubCommit): Promise<HubFile[]> {
    return once(this.#files, commit.sha, () => this.#list(commit));
  }

  async #commit(repo: string, revision: string): Promise<HubCommit | null> {
    try {
      const info = infoSchema.parse(
        await datasetInfo({
          name: repo,
          revision,
          additionalFields: ['sha', 'cardData'],
          hubUrl: this.url,
          fetch: this.#fetch,
          ...this.#token,
        }),
      );
      return { repo: info.name, sha: info.sha, card: info.cardData };
    } catch (error) {
      if (error instanceof HubApiError && error.statusCode === 404 && !isRepoMissing(error)) return null;
      throw this.#explain(`looking up the data set ${repo}, revision ${revision},`, repo, error);
    }
  }

  async #list({ repo, sha }: HubCommit): Promise<HubFile[]> {
    const found: HubFile[] = [];
    try {
      const entries = listFiles({
        repo: { type: 'dataset', name: repo },
        revision: sha,
        recursive: true,
        hubUrl: this.url,
        fetch: this.#fetch,
        ...this.#token,
      });
      for await (const { type, path, size, lfs, oid = '' } of entries) {
        if (type === 'file') found.push({ path, size: lfs?.size ?? size, sha256: lfs?.oid, oid });
      }
      return found;
    } catch (error) {
      throw this.#explain(`listing the files of the data set ${repo}`, repo, error);
    }
  }

  /** The bytes of a file from `start` on, as they come. */
  async *read({ repo, sha }: HubCommit, { path }: HubFile, start: number): AsyncGenerator<Uint8Array> {
    try {
      const blob = await downloadFile({
        repo: { type: 'dataset', name: repo },
        path: encodePath(path),
        revision: sha,
        // The plain download can continue where it was cut off, and its bytes come in order.
        xet: false,
        hubUrl: this.url,
        fetch: this.#fetch,
        ...this.#token,
      });
      if (blob === null)
        throw new PermanentError('DatasetMissing', `${this.url}/datasets/${repo} has no file ${path}.`);
      for await (const chunk of start === 0 ? blob.stream() : blob.slice(start).stream()) yield chunk;
    } catch (error) {
      throw this.#explain(`downloading ${path} of the data set ${repo}`, repo, error);
    }
  }

  /** The splits of a configuration in their order, as the hub's own conversion found them; null where it doesn't know. */
  async convertedSplits(repo: string, config: string): Promise<string[] | null> {
    if (this.#serverUrl === undefined) return null;
    const query = new URLSearchParams({ dataset: repo, config });
    const headers = 'accessToken' in this.#token ? { Authorization: `Bearer ${this.#token.accessToken}` } : {};
    try {
      const response = await this.#fetch(`${this.#serverUrl}/info?${query}`, { headers });
      const parsed = response.ok ? splitsSchema.safeParse(await response.json()) : undefined;
      return parsed?.success ? Object.keys(parsed.data.dataset_info.splits) : null;
    } catch {
      return null;
    }
  }

  #explain(doing: string, repo: string, error: unknown): unknown {
    if (error instanceof PermanentError || error instanceof TransientError) return error;
    if (error instanceof HubApiError) return this.#explainStatus(doing, repo, error);
    const reason = error instanceof Error ? `${error.message}${causeOf(error)}` : String(error);
    const message = `${doing} failed: ${this.url} gives no answer: ${reason}. ${TRY_AGAIN}`;
    return new HubAwayError('Unavailable', message, { cause: error });
  }

  #explainStatus(doing: string, repo: string, error: HubApiError): SamplerError {
    const page = `${this.url}/datasets/${repo}`;
    // The hub has moved data sets of bare names to owners without always leaving a way there.
    const hint = repo.includes('/') ? '' : ` Where an owner has it now, say so: --dataset-path ${repo}=OWNER/${repo}`;
    const cause = { cause: error };
    switch (error.statusCode) {
      case 401:
      case 403: {
        const message = `${doing} is not allowed: the data set does not exist, is private, or its conditions have to be accepted at ${page}; then give a token with HF_TOKEN or --token.${hint}`;
        return new PermanentError('DatasetMissing', message, cause);
      }
      case 404:
        return new PermanentError('DatasetMissing', `${doing} found nothing: there is no ${page}.${hint}`, cause);
      default: {
        const message = `${doing} failed: the hub answers ${error.statusCode}. ${TRY_AGAIN}`;
        return new HubAwayError('Unavailable', message, cause);
      }
    }
  }
}

function once<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const found = known.get(key) ?? ask();
  known.set(key, found);
  return found;
}

/** The hub names what is missing in a header that the library does not keep, and in the text that it does. */
function isRepoMissing({ message }: HubApiError): boolean {
  return /repository not found/i.test(message);
}

function serverOf(hubUrl: string): string {
  const url = new URL(hubUrl);
  url.hostname = `datasets-server.${url.hostname}`;
  return url.origin;
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function causeOf({ cause }: Error): string {
  return cause instanceof Error ? ` (${cause.message})` : '';
}
