import { plain } from '#shared/cli/plain.ts';
import { formatJson } from '#shared/json/format.ts';
import { type Class, COMMANDS, DOORS, type Door } from '../policy/classes.ts';
import { PolicyEngine, profileText } from '../policy/engine.ts';
import { type Policy, ruleText } from '../policy/policy.ts';

interface Row {
  readonly command: string;
  readonly class: Class;
  /** Undefined for what is allowed. */
  readonly rule: string | undefined;
}

/** The policy as it would be in force, for people or programs. */
export function show(policy: Policy, file: string, json: boolean): string {
  const doors = DOORS.map((door) => ({ door, commands: rowsOf(policy, door) }));
  const { profile, rules, broken } = policy;
  if (json) {
    const printable = doors.map(({ door, commands }) => ({
      door,
      commands: commands.map(({ rule, ...row }) => ({ ...row, enabled: rule === undefined, rule })),
    }));
    return `${formatJson({ file, profile, rules: rules.map(ruleText), broken, doors: printable })}\n`;
  }
  const lines = [
    broken === undefined ? profileText(policy) : `not understood: ${broken}`,
    ...rules.map(ruleText),
    ...doors.flatMap(({ door, commands }) => ['', `Denied at the door ${door}:`, ...deniedLines(commands)]),
  ];
  return `${lines.map((line) => plain(line, 4_000)).join('\n')}\n`;
}

function rowsOf(policy: Policy, door: Door): Row[] {
  const engine = new PolicyEngine(policy, () => 0);
  return Array.from(COMMANDS[door], ([command, of]) => {
    const decision = engine.enabled(door, command);
    return { command, class: of, rule: decision.allowed ? undefined : decision.rule };
  });
}

function deniedLines(rows: readonly Row[]): string[] {
  const byRule = new Map<string, string[]>();
  for (const { command, rule } of rows) {
    if (rule !== undefined) byRule.set(rule, [...(byRule.get(rule) ?? []), command]);
  }
  const lines = Array.from(byRule, ([rule, commands]) => `  ${commands.join(', ')}: ${rule}`);
  return lines.length === 0 ? ['  nothing'] : lines;
}
