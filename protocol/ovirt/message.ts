import { Buffer, isUtf8 } from 'node:buffer';
import { Secret } from '#shared/bytes/secret.ts';
import { AgentError } from '#shared/errors.ts';
import { cutTexts } from '#shared/json/cut-member.ts';
import { formatJson } from '#shared/json/format.ts';
import type { JsonObject, JsonValue, Printable } from '#shared/json/value.ts';
import { filterMembers, filterText } from './characters.ts';
import { LineReader, MAX_LINE_BYTES } from './framing.ts';

/** One line: a JSON object whose member `__name__` names the message; the others are its arguments. */
export interface OvirtMessage {
  readonly name: string;
  /**
   * Integers beyond 2^53 have lost their last digits. A host's `password` is a Secret, to be wiped by whoever handles the
   * message.
   */
  readonly members: JsonObject;
}

export type OvirtEvent =
  | { readonly kind: 'message'; readonly message: OvirtMessage }
  /** To be counted; neither side answers a line it cannot read. */
  | { readonly kind: 'dropped'; readonly reason: DropReason };

export type DropReason = 'too-long' | 'not-utf8' | 'not-json' | 'too-deep' | 'not-an-object' | 'no-name';

const NAME = '__name__';
const PASSWORD = 'password';

/** The deepest real message, disks-usage, has three levels. */
const MAX_DEPTH = 64;

/**
 * Turns a byte stream, cut anywhere, into messages. Never throws.
 *
 * The two readers differ as those of ovirt-guest-agent and VDSM do: the guest drops a line that is not UTF-8 and takes
 * its strings as they are; the host replaces bad bytes and filters all strings, because what a
 * guest sends is hostile and ends in XML and on terminals.
 */
export class OvirtReader {
  readonly #lines = new LineReader();

  constructor(readonly from: 'host' | 'guest') {}

  push(bytes: Uint8Array): OvirtEvent[] {
    return this.#lines.push(bytes).map((event) => {
      if (event.kind === 'too-long') return { kind: 'dropped', reason: 'too-long' };
      const parsed = parseLine(event.line, this.from);
      event.line.fill(0);
      return typeof parsed === 'string' ? { kind: 'dropped', reason: parsed } : { kind: 'message', message: parsed };
    });
  }

  /** No line is half read. */
  get isIdle(): boolean {
    return this.#lines.isIdle;
  }

  /** Forgets a half-read line: the next bytes come from another host. */
  reset(): void {
    this.#lines.reset();
  }
}

/**
 * A line as it goes out: ASCII, LF included, strings filtered for the other side.
 * @throws {AgentError} 'invalid-argument' if the host would drop it for its length.
 */
export function formatMessage(
  name: string,
  members: JsonObject | { readonly [name: string]: Printable | undefined } = {},
): Buffer {
  const { [NAME]: _, ...filtered } = filterMembers(members);
  const line = Buffer.from(`${formatJson({ [NAME]: filterText(name), ...filtered })}\n`);
  if (line.length > MAX_LINE_BYTES) {
    throw new AgentError('invalid-argument', `message ${name} of ${line.length} bytes, limit ${MAX_LINE_BYTES}`);
  }
  return line;
}

/** A failure carries nothing of the line, as JSON's own error would: `login` holds a password. */
function parseLine(line: Buffer, from: 'host' | 'guest'): OvirtMessage | DropReason {
  if (from === 'host' && !isUtf8(line)) return 'not-utf8';
  const cut = from === 'host' ? cutTexts(line, PASSWORD) : undefined;
  const password = cut && new Secret(cut);
  const message = parseRest(line, from);
  if (password === undefined) return message;
  if (typeof message === 'string') password.wipe();
  else (message.members as Map<string, JsonValue>).set(PASSWORD, password);
  return message;
}

/** @param line without its secrets */
function parseRest(line: Buffer, from: 'host' | 'guest'): OvirtMessage | DropReason {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line.toString('utf8'));
  } catch {
    return 'not-json';
  }
  if (isDeeperThan(MAX_DEPTH, parsed)) return 'too-deep';
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'not-an-object';
  const members = membersOf(parsed, from === 'guest' ? filterText : (text) => text);
  const name = members.get(NAME);
  if (typeof name !== 'string') return 'no-name';
  members.delete(NAME);
  return { name, members };
}

/** JSON.parse takes any depth; what walks the value afterwards recurses. */
function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeperThan(levels - 1, member));
}

/** Into a Map, where a member called `__proto__` is one like any other. */
function membersOf(object: object, filter: (text: string) => string): Map<string, JsonValue> {
  return new Map(Object.entries(object).map(([name, value]) => [filter(name), jsonValue(value, filter)]));
}

function jsonValue(value: unknown, filter: (text: string) => string): JsonValue {
  switch (typeof value) {
    case 'string':
      return filter(value);
    case 'number':
      return Number.isInteger(value) ? BigInt(value) : value;
    case 'boolean':
      return value;
  }
  if (Array.isArray(value)) return value.map((item) => jsonValue(item, filter));
  return typeof value === 'object' && value !== null ? membersOf(value, filter) : null;
}
