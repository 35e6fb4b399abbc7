import { readJson } from '#host/qga/reply.ts';
import { AgentError } from '#shared/errors.ts';
import type { JsonObject, JsonValue } from '#shared/json/value.ts';

/**
 * The `arguments` of a request as a person types them: one JSON object, or NAME=VALUE words. A VALUE that is JSON is
 * taken as such (5, true, "5", [1]), anything else is a string. JSON is what the agents accept: integers of 64
 * bits exact, single quotes allowed.
 *
 * @returns undefined for no words: then no `arguments` are sent
 * @throws {AgentError} 'invalid-argument'
 */
export function readArguments(words: readonly string[]): JsonObject | undefined {
  const [first] = words;
  if (first === undefined) return undefined;
  if (first.trimStart().startsWith('{')) {
    if (words.length > 1) throw wrong(`unexpected word after the JSON arguments: '${words[1]}'`);
    return readObject(first);
  }
  const members = new Map<string, JsonValue>();
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals < 1) throw wrong(`expected NAME=VALUE or one JSON object, not '${word}'`);
    const name = word.slice(0, equals);
    if (members.has(name)) throw wrong(`argument '${name}' is given twice`);
    members.set(name, readValue(word.slice(equals + 1)));
  }
  return members;
}

/** @throws {AgentError} 'invalid-argument' for anything but one JSON object */
export function readObject(text: string): JsonObject {
  let value: JsonValue;
  try {
    value = readJson(Buffer.from(text));
  } catch (error) {
    throw error instanceof AgentError ? wrong(`arguments: ${error.message}`) : error;
  }
  if (!(value instanceof Map)) throw wrong('arguments: not a JSON object');
  return value;
}

/**
 * Words of a line typed at the prompt. Blanks separate, single or double quotes keep a word together and are removed;
 * a word that begins with a brace is JSON and goes on to the end of the line.
 *
 * @throws {AgentError} 'invalid-argument' for a quote without its partner
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let rest = line.trim();
  while (rest !== '' && !rest.startsWith('{')) {
    const word = /^(?:[^\s'"]|'[^']*'|"[^"]*")+/.exec(rest)?.[0] ?? '';
    const next = rest.slice(word.length);
    if (/^['"]/.test(next)) throw wrong('a quote is not closed');
    words.push(word.replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double));
    rest = next.trimStart();
  }
  return rest === '' ? words : [...words, rest];
}

function readValue(text: string): JsonValue {
  try {
    return readJson(Buffer.from(text));
  } catch (error) {
    if (error instanceof AgentError) return text;
    throw error;
  }
}

function wrong(message: string): AgentError {
  return new AgentError('invalid-argument', message);
}
