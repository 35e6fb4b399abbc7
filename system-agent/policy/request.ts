import { Base64, type JsonObject, type JsonValue } from '#shared/json/value.ts';
import { parseFileMode } from '../files/mode.ts';
import type { Door } from './classes.ts';

/**
 * What a rule can look at in a request. A member is undefined when the host left it out or sent nonsense, which fits no
 * condition (S10).
 */
export interface Subject {
  readonly path?: string | undefined;
  /** A file is opened so that it can be changed. */
  readonly writes?: boolean;
  readonly program?: string | undefined;
  /** The host sets the program's environment, and with it what the program loads. */
  readonly setsEnvironment?: boolean;
  readonly user?: string | undefined;
  /** Bytes. */
  readonly size?: number | undefined;
}

/** Keys of a rule that look at a request. */
export type Condition = 'path' | 'mode' | 'program' | 'user' | 'max-size';

interface Row {
  readonly conditions: readonly Condition[];
  read(args: JsonObject): Subject;
}

/** As the schema of guest-file-read has it. */
const DEFAULT_READ = 4096n;

const byUser: Row = { conditions: ['user'], read: (args) => ({ user: text(args.get('username')) }) };

const ROWS: Readonly<Record<Door, Readonly<Record<string, Row>>>> = {
  qga: {
    'guest-exec': {
      conditions: ['program', 'max-size'],
      read: (args) => ({
        program: text(args.get('path')),
        setsEnvironment: args.has('env'),
        size: args.has('input-data') ? decodedSize(args.get('input-data')) : 0,
      }),
    },
    'guest-file-open': {
      conditions: ['path', 'mode'],
      read: (args) => ({ path: text(args.get('path')), writes: writes(args.get('mode')) }),
    },
    'guest-file-read': {
      conditions: ['max-size'],
      read: (args) => ({ size: integer(args.has('count') ? args.get('count') : DEFAULT_READ) }),
    },
    'guest-file-write': {
      conditions: ['max-size'],
      read: (args) => ({ size: decodedSize(args.get('buf-b64')) }),
    },
    'guest-set-user-password': byUser,
    'guest-ssh-add-authorized-keys': byUser,
    'guest-ssh-get-authorized-keys': byUser,
    'guest-ssh-remove-authorized-keys': byUser,
    'uga-session-login': byUser,
    'uga-session-unlock': byUser,
  },
  ovirt: { login: byUser },
  vdagent: {},
};

/** What rules can ask of a command's requests; nothing of most. */
export function conditionsOf(door: Door, command: string): readonly Condition[] {
  return rowOf(door, command)?.conditions ?? [];
}

export function subjectOf(door: Door, command: string, args: JsonObject): Subject {
  return rowOf(door, command)?.read(args) ?? {};
}

function rowOf(door: Door, command: string): Row | undefined {
  const rows = ROWS[door];
  return Object.hasOwn(rows, command) ? rows[command] : undefined;
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function integer(value: JsonValue | undefined): number | undefined {
  return typeof value === 'bigint' ? Number(value) : undefined;
}

/** What is no mode is refused later; until then it is the more dangerous one. */
function writes(value: JsonValue | undefined): boolean {
  const mode = value === undefined ? 'r' : text(value);
  return (mode === undefined ? undefined : parseFileMode(mode))?.canWrite ?? true;
}

/** Most bytes that a Base64 text can stand for. */
function decodedSize(value: JsonValue | undefined): number | undefined {
  if (value instanceof Base64) return value.bytes.length;
  return typeof value === 'string' ? Math.floor((value.length * 3) / 4) : undefined;
}
