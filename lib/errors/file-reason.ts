import { messageOf } from './errors.ts';

/** What a file system refuses, by its code. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room, then run the command again',
  EDQUOT: 'the quota of the disk is used up: make room, then run the command again',
  EACCES: 'it may not be read or written by this user',
  EPERM: 'it may not be read or written by this user',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
  ENOENT: 'there is no such file or folder',
  EMFILE: 'too many files are open: raise the limit (ulimit -n)',
  EIO: 'the disk could not read or write',
};

/** Why the file system refused, in words; undefined for what is no such refusal. */
export function fileReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return error.syscall === 'connect' ? undefined : REASONS[String(error.code)];
}

/** Why a file can't be read or written, in words where there are any. */
export function whyNoFile(error: unknown): string {
  return fileReason(error) ?? messageOf(error);
}
