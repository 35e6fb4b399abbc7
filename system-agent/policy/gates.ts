import type { JsonObject } from '#shared/json/value.ts';
import type { PolicyAlarm } from './alarm.ts';
import type { Door } from './classes.ts';
import type { PolicyInForce } from './in-force.ts';

/**
 * The policy as each door asks it. No door is known here: what they need of a gate is written down beside them.
 * @param alarm hears of each request that is refused, where anybody wants to
 */
export function gatesOf(policy: PolicyInForce, alarm?: Pick<PolicyAlarm, 'denied'>) {
  const objectionTo = (door: Door, name: string, args?: JsonObject): string | undefined => {
    const rule = policy.objectionTo(door, name, args);
    if (rule !== undefined && args !== undefined) alarm?.denied(door, name, rule);
    return rule;
  };
  return {
    qga: ({ name }: { readonly name: string }, args?: JsonObject) => objectionTo('qga', name, args),
    ovirt: (name: string, args?: JsonObject) => objectionTo('ovirt', name, args),
    /** Of oVirt's reports. */
    mayTell: (report: string) => policy.enabled('ovirt', report).allowed,
    vdagent: {
      enabled: (message: string) => policy.enabled('vdagent', message).allowed,
      admits(message: string): boolean {
        const decision = policy.decide('vdagent', message);
        if (!decision.allowed) alarm?.denied('vdagent', message, decision.rule);
        return decision.allowed;
      },
      onChange: (listener: () => void) => policy.onChange(listener),
    },
  };
}
