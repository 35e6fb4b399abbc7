import { parseRequest } from '#protocol/qga/message.ts';
import { JsonReader } from '#protocol/qga/reader.ts';
import { AgentError, messageOf } from '#shared/errors.ts';
import type { JsonObject, JsonValue } from '#shared/json/value.ts';
import { objectionTo, type Restriction } from '../config/restrictions.ts';
import { checkWithin } from '../files/within.ts';
import { COMMANDS, type Door } from '../policy/classes.ts';
import { PolicyEngine, profileText } from '../policy/engine.ts';
import { isAbout, type Policy, ruleText } from '../policy/policy.ts';
import { subjectOf } from '../policy/request.ts';

export interface Question {
  readonly door: Door;
  readonly command: string;
  readonly args: JsonObject;
}

/** `why` and `rule` name what decided. */
export type Explanation =
  | { readonly allowed: true; readonly why: string }
  | { readonly allowed: false; readonly rule: string };

const NO_ARGUMENTS: JsonObject = new Map();

/**
 * What the host would send, as JSON: `{"execute": ...}` at the QEMU agent's door, `{"__name__": ...}` at oVirt's. A name
 * alone is a request without arguments, and all there is at SPICE's.
 * @throws {AgentError} 'invalid-argument'
 */
export function parseQuestion(door: Door, text: string): Question {
  if (!text.trimStart().startsWith('{')) return { door, command: text, args: NO_ARGUMENTS };
  const [event, ...more] = new JsonReader().push(Buffer.from(text.endsWith('\n') ? text : `${text}\n`));
  if (event?.kind !== 'value' || more.length > 0) {
    throw new AgentError(
      'invalid-argument',
      `REQUEST is no JSON object${event?.kind === 'error' ? `: ${event.desc}` : ''}`,
    );
  }
  if (door === 'qga') {
    const { execute: command, arguments: args } = parseRequest(event.value);
    return { door, command, args };
  }
  return { door, ...namedObject(event.value) };
}

function namedObject(value: JsonValue): Pick<Question, 'command' | 'args'> {
  const name = value instanceof Map ? (value as JsonObject).get('__name__') : undefined;
  if (typeof name !== 'string') throw new AgentError('invalid-argument', "REQUEST lacks the member '__name__'");
  return { command: name, args: value as JsonObject };
}

/**
 * What would become of the request, without doing it: nothing is opened or started. Rates are as after a quiet time, and
 * a freeze, which only the running agent knows, is left out.
 */
export async function explain(
  { door, command, args }: Question,
  policy: Policy,
  restrictions: readonly Restriction[],
): Promise<Explanation> {
  const listed = door === 'qga' ? objectionTo(command, restrictions) : undefined;
  if (listed !== undefined) return { allowed: false, rule: listed };
  const engine = new PolicyEngine(policy, () => 0);
  const decision = engine.decide(door, command, args);
  if (!decision.allowed) return decision;
  const { path, writes = false } = subjectOf(door, command, args);
  const confined = path === undefined ? undefined : engine.placesFor(path, writes);
  if (path !== undefined && confined !== undefined) {
    try {
      await checkWithin(confined.places, path);
    } catch (error) {
      if (!(error instanceof AgentError))
        return { allowed: true, why: `${reason(policy, door, command)}, but ${messageOf(error)}` };
      return { allowed: false, rule: `${error.message}: ${confined.rule}` };
    }
  }
  return { allowed: true, why: reason(policy, door, command) };
}

/** The rules about a command, or the profile. */
function reason(policy: Policy, door: Door, command: string): string {
  const of = COMMANDS[door].get(command);
  const about = of === undefined ? [] : policy.rules.filter((rule) => isAbout(rule, door, command, of));
  if (policy.broken !== undefined) return 'it only tells of the guest';
  return about.length === 0 ? profileText(policy) : about.map(ruleText).join(' or ');
}
