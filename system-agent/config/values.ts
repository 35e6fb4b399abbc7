import path from 'node:path';
import { FOLLOW, type Follow } from '#protocol/ipc/messages/monitors.ts';
import { AgentError } from '#shared/errors.ts';
import { LOG_LEVELS, type LogLevel } from '#shared/log/log.ts';
import type { OnFailure } from '../audit/trail.ts';
import { DIRECTIONS, type Direction, KINDS, type Kind } from '../clipboard/rules.ts';
import { MAX_LEASE } from '../freeze/freeze.ts';
import { WHEN_DONE, type WhenDone } from '../received-files/rules.ts';
import { ON_DISCONNECT, type OnDisconnect } from '../session-control/departure.ts';
import type { OtherUser } from '../sso/decision.ts';
import { SSO_WORDS, type SsoEnabled } from '../sso/enabled.ts';
import type { AllowList } from './config.ts';
import { parseCommandList } from './restrictions.ts';

/** Readers of single values. All throw AgentError 'invalid-argument' with a sentence that names the text. */

const wrong = (why: string) => new AgentError('invalid-argument', why);

export function parseAbsolutePath(text: string): string {
  if (!path.isAbsolute(text) || text.includes('\0')) throw wrong(`'${text}' is not an absolute path`);
  return path.normalize(text);
}

export function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((name) => name === text);
  if (level === undefined) throw wrong(`'${text}' is no log level; expected ${LOG_LEVELS.join(', ')}`);
  return level;
}

const MAX_UIDS = 64;
const LARGEST_UID = 2 ** 32 - 2;

/** User ids separated by semicolons or commas; names are not looked up. */
export function parseUids(text: string): readonly number[] {
  const uids = text
    .split(/[;,]/)
    .map((word) => word.trim())
    .filter((word) => word !== '')
    .map(Number);
  if (uids.length > MAX_UIDS) throw wrong(`more than ${MAX_UIDS} users`);
  if (uids.some((uid) => !Number.isInteger(uid) || uid < 0 || uid > LARGEST_UID)) {
    throw wrong(`'${text}' is no list of user ids`);
  }
  return uids;
}

/** An hour is longer than any host waits; a heartbeat more often than every second tells it nothing. */
const MAX_SECONDS = 3600;

export const parseSeconds = (text: string): number => parseSecondsTo(text, MAX_SECONDS);

export function parseNumber(text: string, min: number, max: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= min && number <= max)) throw wrong(`'${text}' is no number from ${min} to ${max}`);
  return number;
}

export function parseOnFailure(text: string): OnFailure {
  if (text !== 'continue' && text !== 'deny') throw wrong(`'${text}' is neither continue nor deny`);
  return text;
}

export function parseOnDisconnect(text: string): OnDisconnect {
  const action = ON_DISCONNECT.find((one) => one === text);
  if (action === undefined) throw wrong(`'${text}' is none of ${ON_DISCONNECT.join(', ')}`);
  return action;
}

/** As much as the session link carries: protocol/ipc/messages/screen-lock.ts. */
const MAX_WORDS = 16;
const MAX_WORD = 256;

/** Words separated by blanks, of which the first is an absolute path; quotes mean nothing. Empty: no program. */
export function parseProgram(text: string): readonly string[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const [file] = words;
  if (file !== undefined) parseAbsolutePath(file);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (words.length > MAX_WORDS || words.some((word) => word.length > MAX_WORD || /[\u0000-\u001f\u007f]/.test(word))) {
    throw wrong(`a program has at most ${MAX_WORDS} words of at most ${MAX_WORD} printable characters`);
  }
  return words;
}

export function parseDirection(text: string): Direction {
  const direction = DIRECTIONS.find((name) => name === text);
  if (direction === undefined) throw wrong(`'${text}' is no direction; expected ${DIRECTIONS.join(', ')}`);
  return direction;
}

/** Kinds separated by blanks, commas or semicolons, in our order. */
export function parseKinds(text: string): readonly Kind[] {
  const names = text.split(/[\s,;]+/).filter((name) => name !== '');
  const odd = names.find((name) => !KINDS.some((kind) => kind === name));
  if (odd !== undefined) throw wrong(`'${odd}' is no kind of content; expected ${KINDS.join(', ')}`);
  return KINDS.filter((kind) => names.includes(kind));
}

export function parseSso(text: string): SsoEnabled {
  const word = SSO_WORDS.find((one) => one === text);
  if (word === undefined) throw wrong(`'${text}' is none of ${SSO_WORDS.join(', ')}`);
  return word;
}

export function parseOtherUser(text: string): OtherUser {
  if (text !== 'refuse' && text !== 'wait') throw wrong(`'${text}' is neither refuse nor wait`);
  return text;
}

/** Longest that files.begin carries. */
const MAX_FOLDER = 1024;

export function parseFilesFolder(text: string): string {
  if (text === 'download' || text === 'desktop' || text === 'off') return text;
  const isPath = text.startsWith('/') || text.startsWith('~/');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (!isPath || text.length > MAX_FOLDER || /[\u0000-\u001f\u007f]/.test(text) || text.split('/').includes('..')) {
    throw wrong(`'${text}' is neither download, desktop, off, an absolute path nor one below ~/`);
  }
  return text;
}

export function parseWhenDone(text: string): WhenDone {
  const word = WHEN_DONE.find((one) => one === text);
  if (word === undefined) throw wrong(`'${text}' is none of ${WHEN_DONE.join(', ')}`);
  return word;
}

export function parseFollow(text: string): Follow {
  const word = FOLLOW.find((one) => one === text);
  if (word === undefined) throw wrong(`'${text}' is none of ${FOLLOW.join(', ')}`);
  return word;
}

export const parseLease = (text: string): number => parseSecondsTo(text, MAX_LEASE);

function parseSecondsTo(text: string, max: number): number {
  const seconds = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (seconds < 1 || seconds > max) throw wrong(`'${text}' is no number of seconds from 1 to ${max}`);
  return seconds;
}

const MAX_NICS = 256;
/** The kernel's rule for names of interfaces: at most 15 bytes, no blank, slash or colon. */
const NIC = /^[^\s/:]{1,15}$/;

/** Names separated by blanks, as ovirt-guest-agent.conf has them, commas or semicolons. */
export function parseNics(text: string): readonly string[] {
  const names = text.split(/[\s,;]+/).filter((name) => name !== '');
  const odd = names.find((name) => !NIC.test(name));
  if (odd !== undefined) throw wrong(`'${odd}' is no name of a network interface`);
  if (names.length > MAX_NICS) throw wrong(`more than ${MAX_NICS} network interfaces`);
  return names;
}

const MAX_NAMES = 1000;
const PLAIN_NAME = /^[\x21-\x7e]{1,255}$/;

/** Names separated by blanks, commas or semicolons. @param what they are names of */
export function parseNames(text: string, what: string): readonly string[] {
  const names = text.split(/[\s,;]+/).filter((name) => name !== '');
  const odd = names.find((name) => !PLAIN_NAME.test(name));
  if (odd !== undefined) throw wrong(`'${odd}' is no name of a ${what}`);
  if (names.length > MAX_NAMES) throw wrong(`more than ${MAX_NAMES} names`);
  return names;
}

export function parseYesNo(text: string): boolean {
  if (['yes', 'true', 'on', '1'].includes(text)) return true;
  if (['no', 'false', 'off', '0'].includes(text)) return false;
  throw wrong(`'${text}' is neither yes nor no`);
}

/** Far more than there are commands. */
const MAX_COMMANDS = 1000;

export function parseCommands(text: string): readonly string[] {
  const { names, strange } = parseCommandList(text);
  if (strange.length > 0) throw wrong(`'${strange[0]}' is no name of a command`);
  if (names.size > MAX_COMMANDS) throw wrong(`more than ${MAX_COMMANDS} commands`);
  return [...names];
}

export function parseAllowList(text: string): AllowList {
  return text === '*' ? '*' : parseCommands(text);
}
